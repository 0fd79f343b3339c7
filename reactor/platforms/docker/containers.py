"""What an engine says of a container, in its list and when it is inspected. Pure.

Docker and Podman differ in words and in what they leave out; what comes out is alike.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from reactor.platforms.docker.answers import at, each, moment, number, text, texts
from reactor.platforms.docker.engine import ListedContainer
from reactor.platforms.docker.words import (
    RUNNING,
    STARTING,
    STOPPED,
    TERMINATING,
    age_text,
    container_state,
)

_EXIT_CODE = re.compile(r"\((\d{1,10})\)")
_HEALTH = {"(health: starting)": "starting", "(healthy)": "healthy", "(unhealthy)": "unhealthy"}
_ENDED = (STOPPED, TERMINATING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A container as far as the list shows it. `status` is the list's text for people, which alone
    tells since when it is so: "Up 5 minutes (healthy)", "Exited (137) 2 hours ago"."""

    container: ListedContainer
    status: str


def read_row(entry: object) -> Row | None:
    """An entry of the list, None if it is none."""
    status = text(entry, "Status")
    state = container_state(text(entry, "State"), is_up=status.startswith("Up"))
    code = _EXIT_CODE.search(status) if state in _ENDED else None
    names = [name for name in each(entry, "Names") if isinstance(name, str)]
    container = ListedContainer(
        id=text(entry, "Id"),
        name=names[0].removeprefix("/") if names else "",
        image=text(entry, "Image"),
        state=state,
        labels=texts(entry, "Labels"),
        exit_code=int(code[1]) if code else None,
        health=next((word for shown, word in _HEALTH.items() if shown in status), None),
    )
    return Row(container=container, status=status) if container.id else None


def is_same(row: Row, known: ListedContainer, now: datetime) -> bool:
    """Whether the list shows the container as it is known, since the same moment. The engine counts
    time by its own clock; where that alone makes a difference, the answer is a needless no."""
    shown = row.container
    if (shown.name, shown.health) != (known.name, known.health):
        return False
    if shown.state == STARTING:
        return known.state == STOPPED  # whether it could be started only an inspection tells
    if known.state == RUNNING:
        return shown.state == RUNNING and _is_since(row, known.started_at, now)
    if known.state == STOPPED:
        is_its = (shown.state, shown.exit_code) == (STOPPED, known.exit_code)
        return is_its and _is_since(row, known.finished_at, now)
    return shown.state == known.state


def _is_since(row: Row, moment: datetime | None, now: datetime) -> bool:
    return moment is not None and f" {age_text(now - moment)} " in f"{row.status} "


def read_container(found: object) -> ListedContainer | None:
    """The container that was inspected, None if that is none."""
    state = at(found, "State")
    word = container_state(text(state, "Status"), is_up=at(state, "Running") is True)
    code, finished_at = number(state, "ExitCode"), moment(state, "FinishedAt")
    has_failed = word == STARTING and bool(code)  # 126, 127: its program could not be started
    container = ListedContainer(
        id=text(found, "Id"),
        name=text(found, "Name").removeprefix("/"),
        image=text(found, "Config", "Image") or text(found, "Image"),
        state=STOPPED if has_failed else word,
        labels=texts(found, "Config", "Labels"),
        created_at=moment(found, "Created"),
        started_at=moment(state, "StartedAt"),
        finished_at=finished_at,
        exit_code=code if has_failed or (word in _ENDED and finished_at) else None,
        restart_count=number(found, "RestartCount") or 0,
        oom_killed=at(state, "OOMKilled") is True,
        health=_health(state),
        stop_seconds=number(found, "Config", "StopTimeout"),
    )
    return container if container.id else None


def _health(state: object) -> str | None:
    """Without a probe Docker leaves it out and Podman writes ""; older ones of Podman have another
    name for it."""
    told = text(state, "Health", "Status") or text(state, "Healthcheck", "Status")
    return told if told in _HEALTH.values() else None
