"""Asks an engine for all that it has, and for one container."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

from reactor.platforms.docker.answers import FORBIDDEN, NOT_FOUND, Asking, parsed
from reactor.platforms.docker.client import Answer, Gone, Refusal
from reactor.platforms.docker.containers import Row, is_same, read_container, read_row
from reactor.platforms.docker.engine import Engine, ListedContainer, Listing
from reactor.platforms.docker.swarm import list_swarm

MOST_CONTAINERS = 100_000
"""Whoever has more is told so, instead of having half of them compared."""

_LIST_SECONDS = 60.0  # an engine under load takes its time for hundreds of containers
_INSPECT_SECONDS = 10.0
_MOST_SILENT = 3
"""Containers of a listing that the engine may fail to answer for, as it does when it hangs on one
of them; with more of them it is the engine itself that is gone."""


def list_engine(
    client: Asking,
    engine: Engine,
    *,
    now: Callable[[], datetime],
    inspect_all: bool,
    known: Mapping[str, ListedContainer],
) -> Listing:
    """All that the engine has: its containers, inspected, and if it manages a swarm also the
    services, the nodes, and the tasks of other nodes as containers.

    `known` is what an earlier listing found, by id: unless `inspect_all`, what still looks like
    that is not inspected again. What a manager cannot tell or may not be asked (SERVICES, NODES
    and TASKS of a proxy) leaves services and nodes None, and containers of other nodes as known.

    Blocks: a minute for a list at most, 10 s for a container. Raises Gone, and Refusal when we may
    not list or inspect, or there are more than MOST_CONTAINERS. A container that cannot be
    inspected is as the list shows it.
    """
    began_at = now()
    rows = _rows(client, engine)
    same = {} if inspect_all else _same(rows, known, began_at)
    changed = [row for row in rows if row.container.id not in same]
    containers = (*same.values(), *_inspected(client, engine, changed))
    swarm = list_swarm(client, engine, known)
    return Listing(
        began_at=began_at,
        ended_at=now(),
        containers=(*containers, *swarm.containers),
        services=swarm.services,
        nodes=swarm.nodes,
    )


def inspect(client: Asking, engine: Engine, container_id: str) -> ListedContainer | None:
    """The container, None if there is none or the engine fails to tell. Blocks for 10 s at most.
    Raises Gone, and Refusal when we may not inspect."""
    return read_container(parsed(_inspect(client, engine, container_id)))


def _rows(client: Asking, engine: Engine) -> list[Row]:
    answer = client.request("GET", f"{engine.api}/containers/json?all=1", timeout=_LIST_SECONDS)
    if answer.status in FORBIDDEN:
        raise _forbidden("list containers", answer)
    found = parsed(answer)
    if not isinstance(found, list):
        raise Gone(f"the list of containers is no list (status {answer.status})")
    if len(found) > MOST_CONTAINERS:
        raise Refusal(f"the engine has more than {MOST_CONTAINERS} containers")
    return [row for entry in found if (row := read_row(entry))]


def _forbidden(what: str, answer: Answer) -> Refusal:
    return Refusal(
        f"we may not {what} (status {answer.status}); a proxy before the engine needs CONTAINERS=1"
    )


def _same(
    rows: list[Row], known: Mapping[str, ListedContainer], now: datetime
) -> dict[str, ListedContainer]:
    """Those that the list shows as they are known."""
    pairs = ((row, known.get(row.container.id)) for row in rows)
    return {before.id: before for row, before in pairs if before and is_same(row, before, now)}


def _inspected(client: Asking, engine: Engine, rows: list[Row]) -> Iterator[ListedContainer]:
    """Those that are still there."""
    silent = 0
    for row in rows:
        try:
            answer = _inspect(client, engine, row.container.id)
        except Gone:
            silent += 1
            if silent > _MOST_SILENT:
                raise
            yield row.container
        else:
            if answer.status != NOT_FOUND:
                yield read_container(parsed(answer)) or row.container


def _inspect(client: Asking, engine: Engine, container_id: str) -> Answer:
    path = f"{engine.api}/containers/{quote(container_id, safe='')}/json"
    answer = client.request("GET", path, timeout=_INSPECT_SECONDS)
    if answer.status in FORBIDDEN:
        raise _forbidden("inspect containers", answer)
    return answer
