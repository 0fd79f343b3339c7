"""Reading an engine's events in windows, so that a connection that has quietly died is noticed.

Nothing keeps `/events` alive: silence and death look the same. So each request asks for the events
until a moment soon to come, at which the engine has to end its answer. The next window opens before
that: what an engine has not yet written when the time is up, it throws away.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NoReturn
from urllib.parse import urlencode

from reactor.clock import monotonic
from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.spool import Spool

NANO = 10**9

_LONGEST_OVERLAP, _LONGEST_GRACE = 1.0, 3.0
_LONGEST_LINE = 64 * 1024 * 1024
_EXEC = b'"Action":"exec'  # commands hold secrets; within a text the quotes would be escaped
ACTIONS = (
    *("create", "start", "stop", "restart", "pause", "unpause", "kill", "die", "destroy"),
    *("oom", "health_status", "rename", "update"),
    "remove",  # of services and nodes
)
"""What is read. All else is left out, such as the `exec_create` of every probe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Paths of an engine's events, `api` being the prefix of its version. Moments are nanoseconds
    since 1970 on its clock, as in its events."""

    api: str
    is_podman: bool
    is_manager: bool

    def past(self, until: int) -> str:
        """All that the engine still has; of Podman's log, which goes back to its first day, what is
        of the last hour."""
        since = until - 3600 * NANO if self.is_podman else NANO
        return self._path(since, until)

    def window(self, since: int, until: int) -> str:
        """What we read."""
        filters: dict[str, object] = {"type": ["container"]}
        if not self.is_podman:  # whose actions have other names
            filters["event"] = ACTIONS
        if self.is_manager:
            filters["type"] = ["container", "service", "node"]
        return self._path(since, until, filters=json.dumps(filters))

    def _path(self, since: int, until: int, **more: str) -> str:
        if self.is_podman:  # before its version 4.4 it takes whole seconds alone
            moments = {"since": str(since // NANO), "until": str(-(-until // NANO))}
        else:
            moments = {"since": _decimal(since), "until": _decimal(until)}
        return f"{self.api}/events?{urlencode({**moments, **more})}"


def _decimal(nano: int) -> str:
    return "{}.{:09d}".format(*divmod(nano, NANO))


def engine_now(client: Client) -> int:
    """The engine's clock, in nanoseconds since 1970."""
    return int(client.engine_time * NANO)


def cut_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a body, without line feeds; blank ones are left out. What is behind the last
    line feed counts if the body ended in good order: else `blocks` raises."""
    held = bytearray()
    for block in blocks:
        *ended, rest = block.split(b"\n")
        for piece in ended:
            held += piece
            if line := bytes(held).strip():
                yield line
            held.clear()
        held += rest[: _LONGEST_LINE - len(held)]
    if line := bytes(held).strip():
        yield line


class Follower:
    """Puts an engine's events into a spool, window after window of so many seconds. A dead
    connection is noticed within 1.3 of them."""

    def __init__(self, client: Client, paths: Paths, spool: Spool, seconds: float) -> None:
        self._client, self._paths, self._spool = client, paths, spool
        self._seconds = seconds
        self._overlap = min(_LONGEST_OVERLAP, seconds / 2)
        self._timeout = seconds + min(_LONGEST_GRACE, seconds)
        self._ended: SimpleQueue[tuple[int, Gone | Refusal | None]] = SimpleQueue()

    def follow(self, since: int) -> NoReturn:
        """Read all events since a moment, told again where windows overlap. Blocks until it fails:
        raises Gone and Refusal."""
        while True:
            opened, now = monotonic(), engine_now(self._client)
            until = now + int(self._seconds * NANO)
            # The engine's clock may have been set back since the last window was opened.
            begin = min(since, now) - int(self._overlap * NANO)
            Thread(target=self._read, args=(begin, until), daemon=True).start()
            self._wait(until, opened + self._seconds - self._overlap)
            since = until

    def _read(self, begin: int, until: int) -> None:
        """One window, in a thread of its own."""
        fault: Gone | Refusal | None = Gone("reading the events failed")
        try:
            with self._client.open(self._paths.window(begin, until), self._timeout) as stream:
                for line in cut_lines(stream.blocks()):
                    if _EXEC not in line:
                        self._spool.put(line)
            # What came last the engine may have thrown away; the next window tells it in a moment.
            told = until - int(self._overlap * NANO)
            self._spool.tell({"reactor": "window", "at": told})
            fault = None
        except (Gone, Refusal) as error:
            fault = error
        finally:
            self._ended.put((until, fault))

    def _wait(self, until: int, due: float) -> None:
        """Let the newest window, and the one before it, be read until the next is due to open."""
        while (remaining := due - monotonic()) > 0:
            try:
                ended, fault = self._ended.get(timeout=remaining)
            except Empty:
                return
            if fault:
                raise fault
            if ended == until:
                raise Gone("the engine ended the stream")
