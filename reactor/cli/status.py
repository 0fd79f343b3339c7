"""`reactor status`: how the running service is, or what the journal holds when none runs."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.output import counted, data, json_line
from reactor.cli.places import default_data_dir
from reactor.clock import utc_now
from reactor.config.effective import rules_in
from reactor.duration import format_time
from reactor.journal.database import open_reader
from reactor.journal.standing import last_ruleset, standing
from reactor.serving.control import NobodyThere, ask
from reactor.vitals.status import journal_status

MOST_NAMES = 20
"""Rules that are named among those that never fired; --json has them all."""

Status = Mapping[str, object]


def status(
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as one object.")] = False,
) -> None:
    """Say how the service is; if none runs, what the journal holds.

    Example:  reactor status --data-dir /var/lib/reactor
    """
    folder = data_dir or default_data_dir()
    found = read_status(folder)
    if as_json:
        data(json_line({"kind": "status", **found}))
        return
    for line in _lines(found, folder):
        data(line)


def read_status(data_dir: Path) -> Status:
    """What the running service says, or the journal; `running` says which. Raises
    JournalUnavailable."""
    try:
        return {"running": True, **ask(data_dir, {"do": "status"})}
    except NobodyThere:
        return {"running": False, **_read(data_dir)}


def _read(data_dir: Path) -> Status:
    with closing(open_reader(data_dir)) as reader:
        ruleset, found = last_ruleset(reader), standing(reader)
    rules = rules_in(ruleset.text) if ruleset else {}
    return {
        "ruleset": ruleset.hash if ruleset else None,
        "ruleset_since": format_time(ruleset.at) if ruleset else None,
        "rules": len(rules),
        **journal_status(found, rules, utc_now()),
    }


def _lines(found: Status, data_dir: Path) -> Iterator[str]:
    """The same for people."""
    if found["running"]:
        yield from _service(found)
    else:
        yield f"not running; this is what the journal in {data_dir} holds"
    yield from _rules(found)
    yield from _sources(found)
    yield from _events(found)
    yield from _time(found)
    yield _deliveries(found)
    yield from _paused(found)
    yield _journal(found)


def _service(found: Status) -> Iterator[str]:
    yield (f"running      since {found['since']}, version {found['version']}, pid {found['pid']}")
    if found["ready"]:
        yield "ready        yes"
    for name, why in _mapping(found["unready"]).items():
        yield f"not ready    {name}: {why}"


def _rules(found: Status) -> Iterator[str]:
    since = f", ruleset {found['ruleset']} since {found['ruleset_since']}"
    yield f"rules        {found['rules']}{since if found['ruleset'] else ''}"
    if found.get("ruleset_is_current") is False:
        yield "             the rule file is newer, and has mistakes: see `reactor check`"
    silent = _list(found["never_fired"])
    if silent:
        more = f" and {len(silent) - MOST_NAMES} more" if len(silent) > MOST_NAMES else ""
        yield f"never fired  {', '.join(map(str, silent[:MOST_NAMES]))}{more}"


def _sources(found: Status) -> Iterator[str]:
    totals = _mapping(found["totals"])
    for source in map(_mapping, _list(found.get("sources", []))):
        detail = f" ({source['detail']})" if source["detail"] else ""
        last = f", last event {source['last_event_at']}" if source["last_event_at"] else ""
        yield (
            f"source       {source['name']}, {source['type']}: {source['state']} since "
            f"{source['since']}{detail}; {source['received']} received{last}"
        )
    if not found["running"]:
        for name, each in totals.items():
            yield f"source       {name}: {counted(_number(_mapping(each)['events']), 'event')}"


def _events(found: Status) -> Iterator[str]:
    last = _mapping(found["last_event"] or {})
    if last:
        yield f"last event   {last['id']} of {last['source']} at {last['received_at']}"
    if found["running"]:
        yield (
            f"events       {found['events_last_minute']} in the last minute, {found['waiting']} "
            f"waiting, {found['parked']} parked for lookups"
        )
    else:
        yield f"events       {found['undecided']} accepted and not decided"
    if quarantined := _number(found["quarantined"]):
        yield f"quarantined  {counted(quarantined, 'event')}: see `reactor quarantine list`"


def _time(found: Status) -> Iterator[str]:
    """What waits, lasts or holds back, as far as there is any."""
    counts = (("open_incidents", "open incident"), ("active_silences", "active silence"))
    every = (*counts, ("timers", "waiting timer"))
    told = [counted(n, noun) for key, noun in every if (n := _number(found.get(key)))]
    if told:
        yield f"time         {', '.join(told)}"
    for rule in map(str, _list(found.get("full", []))):
        yield f"full         {rule} remembers no more keys: further ones share one memory"


def _deliveries(found: Status) -> str:
    oldest = f", the oldest of {found['oldest_pending']}" if found["oldest_pending"] else ""
    tried = (
        f"{found['attempts_last_minute']} tried in the last minute, " if found["running"] else ""
    )
    dead = counted(_number(found["dead_letters"]), "dead letter")
    return f"deliveries   {tried}{found['pending']} pending{oldest}, {dead}"


def _paused(found: Status) -> Iterator[str]:
    for pause in map(_mapping, _list(found["paused"])):
        yield (
            f"paused       {pause['destination']} since {pause['since']}: {pause['why']}; "
            f"tried again at {pause['next_probe_at']}"
        )


def _journal(found: Status) -> str:
    size = f"journal      {_number(found['journal_bytes']) / 1024 / 1024:.1f} MiB"
    if not found["running"]:
        return size
    kept = ", ".join(
        f"{key.replace('_', ' ')} {span}" for key, span in _mapping(found["keep"]).items()
    )
    swept = f"; {found['swept_rows']} rows went at {found['swept_at']}" if found["swept_at"] else ""
    return f"{size}, keeps {kept}{swept}"


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
