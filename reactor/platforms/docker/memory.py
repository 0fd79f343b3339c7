"""What the journal keeps of one engine: its containers, the services and nodes of its swarm, up to
when its events were read, and the ends that were told lately."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import structs

from reactor.duration import format_time
from reactor.engine.runs import Loss
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.events import EngineEvent
from reactor.platforms.docker.known import TERMINATED, Known
from reactor.platforms.docker.objects import Standing
from reactor.platforms.docker.waiting import Pending

ENGINE, NAME, BASELINE, SINCE, LOST = "engine", "name", "baseline", "since", "lost"
"""The keys under which stand whose containers these are, what it is called, when they were listed
for the first time, up to when events were handed in, and since when it cannot be reached."""

T = TypeVar("T")

_CONTAINER, _END, _SWARM = "container/", "end/", "swarm/"
_FORM = "1"
"""Of the values; those of another form are forgotten, and listed anew."""


def engine_of(kept: Mapping[str, object]) -> Engine | None:
    """The engine that was there the last time."""
    form, _, identity = str(kept.get(ENGINE, "")).partition(" ")
    if form != _FORM or not identity:
        return None
    return Engine(id=identity, name=str(kept.get(NAME, "")), version="")


class Memory:
    """What is kept, and what of it has changed since it was written last. For one thread."""

    def __init__(self, kept: Mapping[str, object], engine: Engine) -> None:
        whose = f"{_FORM} {engine.id}"
        is_ours = kept.get(ENGINE) == whose
        self._kept = kept if is_ours else {}
        self._changed: dict[str, object] = {} if is_ours else dict.fromkeys(kept)
        if not is_ours:
            self._changed |= {ENGINE: whose, NAME: engine.name}
        self.has_baseline = BASELINE in self._kept
        self._written: dict[str, Known] = {}
        self._told: dict[str, int] = {}
        self._ends: dict[str, Pending] = {}
        self._swarm: dict[str, Standing] = {}

    @property
    def since(self) -> int | None:
        """Up to when events were handed in, in nanoseconds since 1970."""
        since = self._kept.get(SINCE)
        return int(since) if isinstance(since, str) and since.isdigit() else None

    @property
    def loss(self) -> Loss | None:
        """That the engine could not be reached, if it was told."""
        return _read(self._kept.get(LOST), Loss)

    def lose(self, loss: Loss | None) -> None:
        """The engine cannot be reached; None: it can be again."""
        self._changed[LOST] = None if loss is None else msgspec.to_builtins(loss)

    def containers(self) -> dict[str, Known]:
        """The containers that were known."""
        found = (
            _read(value, Known) for key, value in self._kept.items() if key.startswith(_CONTAINER)
        )
        self._written = {known.id: known for known in found if known}
        self._told = {known.id: known.told for known in self._written.values() if known.told}
        return dict(self._written)

    def has(self, event: EngineEvent) -> bool:
        """Whether the frame of a container's event is in the journal: after a restart events are
        told again, in the order of before, whatever their times."""
        last = self._told.get(event.id, 0)
        if event.time_nano == last:
            del self._told[event.id]
        return event.time_nano <= last

    def keep(self, known: Known) -> None:
        """The container is like this now; one that is terminated is forgotten."""
        if known.state == TERMINATED:
            self._written.pop(known.id, None)
            self._changed[_CONTAINER + known.id] = None
        elif self._written.get(known.id) != known:
            self._written[known.id] = known
            self._changed[_CONTAINER + known.id] = msgspec.to_builtins(known)

    def ends(self) -> list[Pending]:
        """The ends that may have to be told anew, in their order."""
        found = (_read(value, Pending) for key, value in self._kept.items() if key.startswith(_END))
        ends = sorted((end for end in found if end), key=lambda end: end.at)
        self._ends = {_key(end): end for end in ends}
        return ends

    def keep_ends(self, ends: Iterable[Pending]) -> None:
        """These may have to be told anew, and no others."""
        present = {_key(end): end for end in ends}
        for key in self._ends.keys() - present.keys():
            self._changed[key] = None
        for key in present.keys() - self._ends.keys():
            bare = structs.replace(present[key], data={}, evidence={})
            self._changed[key] = msgspec.to_builtins(bare)
        self._ends = present

    def swarm(self) -> tuple[Standing, ...]:
        """The services and nodes of the swarm that were known."""
        found = (
            _read(value, Standing) for key, value in self._kept.items() if key.startswith(_SWARM)
        )
        self._swarm = {_swarm_key(each): each for each in found if each}
        return tuple(self._swarm.values())

    def keep_swarm(self, standings: Iterable[Standing]) -> None:
        """These are its services and nodes now, and no others."""
        present = {_swarm_key(each): each for each in standings}
        for key in self._swarm.keys() - present.keys():
            self._changed[key] = None
        for key, standing in present.items():
            if self._swarm.get(key) != standing:
                self._changed[key] = msgspec.to_builtins(standing)
        self._swarm = present

    def baseline(self, now: datetime) -> None:
        """All containers were listed once."""
        self.has_baseline = True
        self._changed[BASELINE] = format_time(now)

    def changed(self, since: int | None) -> dict[str, object]:
        """What is to be written now."""
        changed, self._changed = self._changed, {}
        return changed if since is None else {**changed, SINCE: str(since)}


def _swarm_key(standing: Standing) -> str:
    return f"{_SWARM}{standing.thing.kind}/{standing.id}"


def _key(end: Pending) -> str:
    return _END + "/".join(end.identity)


def _read(value: object, what: type[T]) -> T | None:
    """None of what cannot be read: it is found anew."""
    try:
        return msgspec.convert(value, what)
    except msgspec.ValidationError:
        return None
