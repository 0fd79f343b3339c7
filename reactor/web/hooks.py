"""`POST /hooks/NAME`: requests for the sources of type webhook, answered when all is safe.

A sender is told the ids of its events, or a status. Why it was refused, only our own log says.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from reactor.engine.inbound.values import Challenge, Inbound, Refused
from reactor.engine.normalize import MAX_BYTES
from reactor.sources.webhook import WebhookSource
from reactor.web.complaints import Complaints

MOST_HELD = 64 * 1024 * 1024
"""Bytes of all bodies that are being read, or whose events are on their way."""

MOST_WAITING = 500
"""Requests whose events are on their way."""

SAFE_SECONDS = 10.0
"""Until events must be in the journal; senders wait no longer."""

_HEADERS = {
    401: {"WWW-Authenticate": 'Bearer realm="hooks"'},
    503: {"Retry-After": "10"},
}


class Hooks:
    """Hands requests to the sources that are reached at `/hooks/NAME`.

    `find` knows the present ones. Until `is_ready` none is there yet, and none is missing either.
    """

    def __init__(
        self,
        find: Callable[[str], WebhookSource | None],
        *,
        is_ready: Callable[[], bool],
        now: Callable[[], datetime],
        complaints: Complaints,
        safe_seconds: float = SAFE_SECONDS,
    ) -> None:
        self._find, self._is_ready, self._now = find, is_ready, now
        self._complaints, self._safe_seconds = complaints, safe_seconds
        self._held = self._waiting = 0
        self._safe, self._is_told = deque[asyncio.Event](), False

    async def answer(self, request: Request) -> JSONResponse:
        """The answer to one request."""
        name = request.path_params["name"]
        source = self._find(name)
        if source is None:
            return self._unknown(name)
        body = bytearray()
        try:
            fault = await self._read(request, body)
            if fault:
                return self._refused(name, *fault)
            return await self._hand_in(name, source, _inbound(request, bytes(body)))
        finally:
            self._held -= len(body)

    def _unknown(self, name: str) -> JSONResponse:
        if not self._is_ready():
            return _said(503)
        text = f"refused a request to /hooks/{name[:80]}: there is no such source"
        self._complaints.say("unknown hook", text)
        return _said(404)

    async def _read(self, request: Request, body: bytearray) -> tuple[int, str] | None:
        """Fill `body`, which never becomes longer than allowed; or the status, and why. Who takes
        too long over it is cut off by the server's Connections."""
        if int(request.headers.get("content-length", 0)) > MAX_BYTES:
            return 413, f"its body is longer than {MAX_BYTES:,} bytes"
        try:
            async for chunk in request.stream():
                if len(body) + len(chunk) > MAX_BYTES:
                    return 413, f"its body is longer than {MAX_BYTES:,} bytes"
                if self._held + len(chunk) > MOST_HELD:
                    return 503, f"other requests hold {MOST_HELD:,} bytes already"
                self._held += len(chunk)
                body += chunk
        except ClientDisconnect:
            return 400, "its connection ended, or was cut off, before its body did"
        return None

    async def _hand_in(self, name: str, source: WebhookSource, inbound: Inbound) -> JSONResponse:
        """202 as soon as the journal has its events; 200 for a question that is none."""
        if self._waiting >= MOST_WAITING:
            return self._refused(name, 503, f"{MOST_WAITING} others wait for the journal already")
        safe = asyncio.Event()
        on_safe = partial(self._wake, asyncio.get_running_loop(), safe)
        taken = source.receive(inbound, self._now(), on_safe)
        if isinstance(taken, Challenge | Refused):
            return self._without_events(name, taken)
        if taken is None:
            return self._refused(name, 503, "there is no room for its events at present")
        if taken and not await self._is_safe(safe):
            return self._refused(name, 503, f"no commit within {self._safe_seconds:g} s")
        return JSONResponse({"events": list(taken)}, 202)

    def _without_events(self, name: str, taken: Challenge | Refused) -> JSONResponse:
        if isinstance(taken, Challenge):
            return JSONResponse({"challenge": taken.text})
        return self._refused(name, taken.status, taken.reason, taken.ground)

    async def _is_safe(self, safe: asyncio.Event) -> bool:
        """Whether the events are in the journal; waits for it."""
        self._waiting += 1
        try:
            async with asyncio.timeout(self._safe_seconds):
                await safe.wait()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    def _wake(self, loop: asyncio.AbstractEventLoop, safe: asyncio.Event) -> None:
        """Called by the pipeline's thread, and it wakes the server's once for a whole batch: each
        time takes a system call."""
        self._safe.append(safe)
        if not self._is_told:
            self._is_told = True
            with suppress(RuntimeError):  # the loop is closed: we stop, and nobody is answered
                loop.call_soon_threadsafe(self._wake_all)

    def _wake_all(self) -> None:
        self._is_told = False  # first: what is added from now on may be missed below
        while self._safe:
            self._safe.popleft().set()

    def _refused(self, name: str, status: int, why: str, ground: str = "") -> JSONResponse:
        text = f"source {name}: refused a request with {status}: {why}"
        self._complaints.say(f"{name} {ground or status}", text)
        return _said(status)


def _inbound(request: Request, body: bytes) -> Inbound:
    headers = tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
    )
    query = request.scope["query_string"].decode("latin-1")
    return Inbound(method=request.method, headers=headers, body=body, query=query)


def _said(status: int) -> JSONResponse:
    """The same for every reason: no answer may help to guess what would be let in."""
    phrase = HTTPStatus(status).phrase.lower()
    return JSONResponse({"error": phrase}, status, _HEADERS.get(status))
