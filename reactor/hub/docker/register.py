"""What the fleet knows of its objects, and the frames that come of what happens to them. Pure: no
engine is asked here, and no clock."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reactor.hub.docker.inspection import Inspection, Machine, Specification
from reactor.hub.docker.news import News
from reactor.hub.fleet import Call, Frame, NoSuchObject
from reactor.hub.states import State
from reactor.hub.written import Written
from reactor.model.uri import object_uri, read_uri, stable_uuid
from reactor.platforms.docker.answers import text

LISTED = timedelta(minutes=10)
"""How long what is terminated is still listed. Docker Cloud's documents say "recently"."""

MOST_ACTIONS = 1000
"""Actions that are kept; the oldest are forgotten first."""

_SHORT_ID = 12
"""Letters of an id, where it is written for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an action was asked to do, by whom, and how it went: `said` is for people. `object` is
    a URI without namespace."""

    name: str
    object: str
    call: Call
    ended_at: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object. `actual` is the state that the engine's own words amount to; `phase` what a call
    has it be until that is done. `parents` are URIs without namespace.

    `is_leaving`, of a container: a call may replace or remove it, or start it again. Docker Cloud
    never said Stopped then (docs/platforms.md §1), and who waits for crashes would take it for one:
    it is Stopping until it is seen what becomes of it.
    """

    kind: str
    uuid: str
    name: str
    parents: tuple[str, ...]
    actual: str
    since: datetime
    changed_at: datetime
    phase: str | None = None
    is_leaving: bool = False

    @property
    def state(self) -> str:
        """As clients see it."""
        has_ended = self.is_leaving and self.actual == State.STOPPED
        return self.phase or (State.STOPPING if has_ended else self.actual)

    @property
    def uri(self) -> str:
        """Its URI, without namespace."""
        return object_uri(self.kind, self.uuid)

    @property
    def is_gone(self) -> bool:
        """Whether it is terminated."""
        return self.actual == State.TERMINATED

    def parent(self, kind: str) -> str | None:
        """The URI of its parent of a type."""
        return next((uri for uri in self.parents if f"/{kind}/" in uri), None)


class Register:
    """Objects by UUID, oldest first. Used by one thread at a time; `announce` is given each frame,
    in order.

    Beside the entries stand what containers, services of a swarm, and nodes were last inspected
    as, and what actions were asked to do. `api` is the prefix of the engine's paths.
    """

    def __init__(
        self, *, namespace: str | None, announce: Callable[[Frame], None], written: Written
    ) -> None:
        self.namespace = namespace
        self.api = ""
        self.entries: dict[str, Entry] = {}
        self.containers: dict[str, Inspection] = {}
        self.specifications: dict[str, Specification] = {}
        self.machines: dict[str, Machine] = {}
        self.orders: dict[str, Order] = {}
        self._parts: dict[str, dict[str, None]] = {}
        self._announce, self._written = announce, written

    @property
    def wanted(self) -> Mapping[str, int]:
        """How many containers services shall have that were told so and not scaled yet."""
        return self._written.present.wanted

    def clear(self) -> None:
        """Forget everything but the actions, and what clients wrote."""
        for entry in [*self.entries.values()]:
            if entry.kind != "action":
                self._drop(entry)
        for known in (self.containers, self.specifications, self.machines):
            known.clear()

    @property
    def is_engine_away(self) -> bool:
        """Whether the engine itself, which is the first node, cannot be reached."""
        nodes = self.all("node")
        return not nodes or nodes[0].actual == State.UNREACHABLE

    def get(self, kind: str, uuid: str) -> Entry:
        """An object as it is now. Raises NoSuchObject."""
        entry = self.entries.get(uuid)
        if entry is None or entry.kind != kind:
            raise NoSuchObject(f"There is no {kind} {uuid}.")
        return entry

    def all(self, kind: str) -> list[Entry]:
        """All of a type, oldest first."""
        return [entry for entry in self.entries.values() if entry.kind == kind]

    def members(self, parent: str, kind: str) -> list[Entry]:
        """Those of a type that belong to the object of that URI and are not terminated, oldest
        first."""
        parts = (self.entries[uuid] for uuid in self._parts.get(parent, ()))
        return [entry for entry in parts if entry.kind == kind and not entry.is_gone]

    def of(self, uri: str | None) -> Entry | None:
        """The object of a URI without namespace."""
        return self.entries.get(uri.split("/")[-2]) if uri else None

    def named(self, uri: str) -> str:
        """A URI as clients see it, with the namespace where it has a place."""
        found = read_uri(uri)
        return found[0].path(self.namespace) if found else uri

    def put(self, entry: Entry) -> None:
        """Take in an object silently: it was there before anybody could tell of it."""
        before = self.entries.get(entry.uuid)
        if before and before.parents != entry.parents:
            self._drop(before)
        self.entries[entry.uuid] = entry
        for uri in entry.parents:
            self._parts.setdefault(uri, {})[entry.uuid] = None

    def _drop(self, entry: Entry) -> None:
        """Forget where it is."""
        del self.entries[entry.uuid]
        for uri in entry.parents:
            parts = self._parts[uri]
            parts.pop(entry.uuid, None)
            if not parts:
                del self._parts[uri]

    def take(self, news: News) -> None:
        """Something happened to an object."""
        before = self.entries.get(news.uuid)
        is_end = news.state == State.TERMINATED
        if not news.state or (is_end and (before is None or before.is_gone)):
            return  # nothing that clients have a word for, or the end of what they never saw
        if before is None or before.is_gone:
            if before:
                self._drop(before)  # what comes back is the youngest
            phase = before.phase if before else None
            self._change(before if phase else None, _first(news, phase), news.identity)
            return
        entry = replace(
            before,
            name=_name(news, before),
            parents=news.parents or before.parents,
            actual=news.state,
            changed_at=news.at,
        )
        self._change(before, self._or_gone(entry), news.identity)

    def _or_gone(self, entry: Entry) -> Entry:
        """The entry; gone, if it is what a swarm keeps as a record of a container that has left."""
        service = self.of(entry.parent("service"))
        is_record = service is not None and service.uuid in self.specifications
        if entry.is_leaving and entry.actual == State.STOPPED and is_record:
            return replace(entry, actual=State.TERMINATED)
        return entry

    def begin(self, entry: Entry, phase: str, action: str, at: datetime) -> None:
        """The call that became the action of this UUID has the object be in `phase` from now on."""
        after = replace(entry, phase=phase, changed_at=at)
        self._change(entry, after, stable_uuid(action, entry.uuid, "begin"))

    def end(self, uuid: str, action: str, at: datetime) -> None:
        """The call is done: the object is what it is."""
        entry = self.entries.get(uuid)
        if entry and entry.phase:
            after = replace(entry, phase=None, changed_at=at)
            self._change(entry, after, stable_uuid(action, uuid, "end"))

    def leave(self, containers: Iterable[str]) -> None:
        """Those of these UUIDs may be replaced. That one stands still already, clients know."""
        for uuid in containers:
            entry = self.entries[uuid]
            if entry.actual != State.STOPPED:
                self.put(replace(entry, is_leaving=True))

    def stay(self, containers: Iterable[str], action: str, at: datetime) -> None:
        """The call that became the action of this UUID is done: those that are left are what they
        are."""
        for entry in [entry for uuid in containers if (entry := self.entries.get(uuid))]:
            if entry.is_leaving and not entry.is_gone:
                after = replace(entry, is_leaving=False, changed_at=at)
                self._change(entry, after, stable_uuid(action, entry.uuid, "stay"))

    def act(self, action: Entry, order: Order) -> None:
        """An action is there, or has come further."""
        before = self.entries.get(action.uuid)
        self.orders[action.uuid] = order
        self._change(before, action, stable_uuid(action.uuid, action.state))
        for oldest in self.all("action")[:-MOST_ACTIONS]:
            self._drop(oldest)
            del self.orders[oldest.uuid]

    def forget(self, now: datetime) -> list[str]:
        """Drop what was terminated so long ago that it is not listed any more. The UUIDs of those
        that never come back: a swarm gives each service an id of its own, while one of Compose is
        known by its project and its name."""
        gone = []
        for entry in [*self.entries.values()]:
            if entry.state == State.TERMINATED and now - entry.changed_at > LISTED:
                self._drop(entry)
                self.containers.pop(entry.uuid, None)
                self.machines.pop(entry.uuid, None)
                if self.specifications.pop(entry.uuid, None):
                    gone.append(entry.uuid)
        return gone

    def _change(self, before: Entry | None, after: Entry, identity: str) -> None:
        """Keep an object as it is now, and tell it if clients see a difference. What was there
        until now is Terminating before it is Terminated."""
        self.put(after)
        if before is not None and before.state == after.state:
            return
        if before and after.state == State.TERMINATED and before.state != State.TERMINATING:
            self._tell(after, State.TERMINATING, "update", stable_uuid(identity, "before"))
        self._tell(after, after.state, "update" if before else "create", identity)

    def _tell(self, entry: Entry, state: str, action: str, identity: str) -> None:
        self._announce(
            {
                "type": entry.kind,
                "action": action,
                "parents": [self.named(uri) for uri in entry.parents],
                "resource_uri": self.named(entry.uri),
                "state": str(state),
                "uuid": identity,
                "datetime": entry.changed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        )


def _name(news: News, before: Entry) -> str:
    """The name from now on. Not the one that Compose 1 gives to what it is about to replace, so
    that its own is free for another: the id, and then its own."""
    docker_id = text(news.facts, "container", "docker_id")
    is_passing = news.name == f"{docker_id[:_SHORT_ID]}_{before.name}"
    return before.name if is_passing else news.name or before.name


def _first(news: News, phase: str | None) -> Entry:
    return Entry(
        kind=news.kind,
        uuid=news.uuid,
        name=news.name,
        parents=news.parents,
        actual=news.state,
        since=news.at,
        changed_at=news.at,
        phase=phase,
    )
