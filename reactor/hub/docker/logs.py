"""The logs of containers, and those of all containers of a service as one."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from threading import Event as StopEvent
from threading import Thread
from urllib.parse import quote, urlencode

from reactor.hub.docker.holding import Holding
from reactor.hub.docker.lines import LogCutter
from reactor.hub.docker.register import Entry, Register
from reactor.hub.docker.wire import Way, Wire
from reactor.hub.fleet import Line, NotAllowed
from reactor.hub.pipe import Pipe
from reactor.hub.states import State

MOST_LINES = 1000
"""That wait to be read; the engine waits when there are more."""

MOST_CONTAINERS = 20
"""Whose logs are read as that of a service: the youngest."""

_LOOK_EVERY = 1.0  # seconds, for containers that are new or run again


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The log of one container, by its UUID and the engine's id."""

    uuid: str
    docker_id: str
    cutter: LogCutter


class DockerLog:
    """Satisfies `Log` (reactor/hub/fleet.py) for a container or a service. The lines of a container
    come in order; those of several as the engine gives them."""

    def __init__(
        self, way: Way, holding: Holding, entry: Entry, *, tail: int, follow: bool
    ) -> None:
        """`tail` is for each container. Blocks for seconds. Raises NotAllowed for what has no log,
        and what the engine does not show, Unavailable when it does not answer."""
        if entry.kind not in ("container", "service"):
            raise NotAllowed(f"A {entry.kind} has no log here.")
        self._way, self._holding, self._entry, self._follow = way, holding, entry, follow
        self._lines: Pipe[Line] = Pipe(MOST_LINES)
        self._closed = StopEvent()
        self._wires: set[Wire] = set()
        self._parts: dict[str, _Part] = {}
        self._readers: dict[str, Thread] = {}
        with holding.reading() as register:
            self._api = register.api
            found = list(self._unread(register))
        for part in found:
            self._begin(part, str(tail))
        Thread(target=self._watch, name="log", daemon=True).start()

    def read(self) -> Sequence[Line]:
        """What has come since. Blocks until there is something; nothing at the end."""
        return self._lines.read()

    def close(self) -> None:
        """Whoever reads is let go."""
        self._closed.set()
        self._lines.close()
        for wire in [*self._wires]:
            wire.close()

    def _watch(self) -> None:
        """Until nothing can come any more: what runs and is not read is read."""
        while self._follow and not self._closed.wait(_LOOK_EVERY):
            with self._holding.reading() as register:
                entry = register.entries.get(self._entry.uuid)
                is_gone = entry is None or entry.is_gone
                due = [*self._resumed(register), *self._unread(register)]
            if is_gone:
                break
            for part in due:
                self._begin(part, "all")
        for reader in self._readers.values():
            reader.join()
        self._lines.end()

    def _unread(self, register: Register) -> Iterator[_Part]:
        """The containers that were not read before."""
        is_service = self._entry.kind == "service"
        members = register.members(self._entry.uri, "container") if is_service else [self._entry]
        for member in members[-MOST_CONTAINERS:]:
            found = register.containers.get(member.uuid)
            if found and member.uuid not in self._parts:
                cutter = LogCutter(
                    has_terminal=found.has_terminal, source=member.name if is_service else None
                )
                docker_id = found.container.id
                part = _Part(uuid=member.uuid, docker_id=docker_id, cutter=cutter)
                self._parts[member.uuid] = part
                yield part

    def _resumed(self, register: Register) -> Iterator[_Part]:
        """Those whose log had ended and that run again."""
        for part in self._parts.values():
            entry, reader = register.entries.get(part.uuid), self._readers.get(part.uuid)
            is_read = reader is not None and reader.is_alive()
            if entry and entry.actual == State.RUNNING and not is_read:
                yield part

    def _begin(self, part: _Part, tail: str) -> None:
        """Read a container's log, from where it was read to, in a thread of its own. Of a service
        some may have none; raises NotAllowed when a container has not, or the engine is away."""
        since = part.cutter.next_since
        query = {
            "stdout": 1,
            "stderr": 1,
            "timestamps": 1,
            "tail": tail,
            **({"follow": 1} if self._follow else {}),
            **({"since": since} if since else {}),
        }
        path = f"{self._api}/containers/{quote(part.docker_id, safe='')}/logs?{urlencode(query)}"
        try:
            # HTTP/1.0 has no chunks: what comes is the log.
            wire = self._way.open(f"GET {path} HTTP/1.0")
        except NotAllowed:
            if self._entry.kind == "service" or self._readers:
                return
            raise
        reader = Thread(target=self._copy, args=(part, wire), name="log", daemon=True)
        self._readers[part.uuid] = reader
        reader.start()

    def _copy(self, part: _Part, wire: Wire) -> None:
        self._wires.add(wire)
        with closing(wire):
            while not self._closed.is_set() and (received := wire.read()):
                self._lines.put(*part.cutter.cut(received))
        self._wires.discard(wire)
