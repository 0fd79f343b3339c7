"""What is last known of each object of a platform, and what a listing shows to have changed since.

The platform has no replay: what happened while we were not connected can only be inferred.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.duration import format_time
from reactor.model.event import Frame
from reactor.model.uri import collection_path
from reactor.platforms.listing import Listed, object_key
from reactor.sources.spool import made

TERMINATED = "Terminated"
BASELINE = "baseline"
"""The key under which is kept when the objects were listed for the first time."""

QUESTION = "question"
"""The key under which is kept which objects of which account were asked for."""

MOST_OBJECTS = 100_000
_MOST_PARENTS = 8
_LONGEST_STATE = 100

Wanted = Callable[[object, object, object], bool]
"""Whether an object of this type, URI and parents is wanted."""


@dataclass(frozen=True, slots=True)
class _Last:
    """How an object was last seen; what stood in the journal has its state alone."""

    state: str
    uri: str
    parents: tuple[str, ...] = ()


class Known:
    """The objects that exist, as far as frames and listings told. For one thread.

    `kept` is what the journal kept of it. `question` names what is asked for: the answers to
    another one (another account, another filter) cannot be compared, and are forgotten.
    `namespace` is the configured one, for the URIs of objects that the journal has; `is_tutum`:
    they are Tutum's.
    """

    def __init__(
        self,
        question: str,
        kept: Mapping[str, object],
        namespace: str | None = None,
        *,
        is_tutum: bool = False,
    ) -> None:
        self.question = question
        self.has_baseline = BASELINE in kept and kept.get(QUESTION, question) == question
        self._outdated = {} if self.has_baseline else dict.fromkeys(kept)
        self._objects = {
            key: _Last(state, collection_path(kind, namespace, is_tutum=is_tutum) + f"{uuid}/")
            for key, state in kept.items()
            if isinstance(state, str) and self.has_baseline
            for kind, is_object, uuid in [key.partition("/")]
            if is_object
        }
        self._told = set[str]()

    def begin(self) -> None:
        """A connection was opened: from now on frames are newer than a listing."""
        self._told.clear()

    def learn(self, data: Mapping[str, object]) -> Mapping[str, object]:
        """Take in a frame; what is to be remembered with it."""
        uri, state, parents = (data.get(name) for name in ("resource_uri", "state", "parents"))
        key = object_key(uri)
        if key is None or not isinstance(state, str) or len(state) > _LONGEST_STATE:
            return {}
        if key not in self._objects and len(self._objects) >= MOST_OBJECTS:
            return {}
        above = parents[:_MOST_PARENTS] if isinstance(parents, list) else []
        if len(self._told) < MOST_OBJECTS:
            self._told.add(key)
        last = _Last(state, str(uri), tuple(each for each in above if object_key(each)))
        return self._set(key, last)

    def _set(self, key: str, last: _Last) -> Mapping[str, object]:
        """What is to be remembered of it: of what is terminated, nothing."""
        if last.state == TERMINATED:
            self._objects.pop(key, None)
            return {key: None}
        self._objects[key] = last
        return {key: last.state}

    def take_baseline(
        self, listing: Iterable[Listed], wanted: Wanted, now: datetime
    ) -> Mapping[str, object]:
        """Take the first listing as it is; what is to be remembered of it."""
        for each in self._news(listing):
            if each.state != TERMINATED and wanted(each.type, each.uri, each.parents):
                self._set(each.key, _seen(each))
        self.has_baseline = True
        states = {key: last.state for key, last in self._objects.items()}
        marks = {BASELINE: format_time(now), QUESTION: self.question}
        return {**self._outdated, **states, **marks}

    def compare(self, listing: Iterable[Listed], wanted: Wanted, now: datetime) -> Iterator[Frame]:
        """A frame for every object that is not as it was last known, those that are gone first."""
        listing = list(listing)
        listed = {each.key for each in listing}
        for key in [*self._objects]:
            if key not in listed and key not in self._told:
                gone = self._objects[key]
                yield self._inferred(key, _Last(TERMINATED, gone.uri, gone.parents), now)
        for each in self._news(listing):
            before = self._objects.get(each.key)
            if before is None and not wanted(each.type, each.uri, each.parents):
                continue
            if each.state != (before.state if before else TERMINATED):
                yield self._inferred(each.key, _seen(each), now)

    def _news(self, listing: Iterable[Listed]) -> Iterator[Listed]:
        """What the listing tells of objects that no frame told of meanwhile."""
        return (each for each in listing if each.state and each.key not in self._told)

    def _inferred(self, key: str, last: _Last, now: datetime) -> Frame:
        """The frame that we would have received (docs/platforms.md §1), marked."""
        action = "update" if key in self._objects else "create"
        data = {
            "type": key.partition("/")[0],
            "action": action,
            "parents": last.parents,
            "resource_uri": last.uri,
            "state": last.state,
            "datetime": format_time(now),
            "inferred": True,
        }
        return made(data, self._set(key, last))


def _seen(each: Listed) -> _Last:
    return _Last(each.state, each.uri, tuple(each.parents))
