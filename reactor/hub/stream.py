"""The WebSockets of the hub: who may have one, and what it is for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from reactor.hub.auth import UNAUTHORIZED, Credentials, unauthorized
from reactor.hub.connection import FAREWELL, deny, outlet_of, until_left
from reactor.hub.filters import BadQuery, frame_filter
from reactor.hub.fleet import Fleet, NoSuchObject, NotAllowed, Unavailable
from reactor.hub.paths import StreamAddress, is_tutums, read_stream, tidy
from reactor.hub.sessions import Sessions, TooMany
from reactor.hub.spread import Spread, Wish
from reactor.model.errors import ReactorError
from reactor.model.uri import comparable_uri, object_uri
from reactor.serving.websocket import text_frame

AUTH = '{"type":"auth"}'
"""The first frame of every stream of events (docs/platforms.md §1)."""

MOST_CLIENTS = 4_000
"""Streams of events at once."""

POLICY_VIOLATION = 1008
"""The code of a WebSocket that is closed because its client gave no right credentials."""


class Forbidden(ReactorError):
    """This hub changes nothing."""


_STATUS: dict[type[ReactorError], int] = {
    BadQuery: 400,
    Forbidden: 403,
    NoSuchObject: 404,
    TooMany: 503,
    Unavailable: 503,
    NotAllowed: 400,
}
"""Of the answer to what is refused before the upgrade; the first that fits."""


class Stream:
    """The clients of a fleet's stream, of its logs and of its terminals; read-only, of no
    terminal."""

    def __init__(self, fleet: Fleet, credentials: Credentials, *, read_only: bool) -> None:
        self._fleet, self._credentials, self._read_only = fleet, credentials, read_only
        self._spread, self._sessions = Spread(fleet), Sessions(fleet)
        self._clients = 0

    @asynccontextmanager
    async def flowing(self) -> AsyncIterator[None]:
        """As long as it lasts, the fleet's frames go to the clients."""
        with self._sessions.possible():
            async with self._spread.flowing():
                yield

    async def attend(self, websocket: WebSocket) -> None:
        """Serve one connection from its handshake to its end."""
        path = tidy(websocket.scope["path"])
        address = read_stream(path)
        if not self._knows(websocket):
            if is_tutums(path):
                await _turn_away(websocket)
            else:
                await deny(websocket, unauthorized())
        elif address is None:
            await deny(websocket, _refusal(NoSuchObject("There is no stream of that name.")))
        else:
            try:
                await self._serve(websocket, address)
            except tuple(_STATUS) as fault:
                await deny(websocket, _refusal(fault))

    def _knows(self, websocket: WebSocket) -> bool:
        header = websocket.headers.get("authorization")
        return self._credentials.accept(header) or self._credentials.accept_query(
            websocket.query_params
        )

    async def _serve(self, websocket: WebSocket, address: StreamAddress) -> None:
        """Raises what is in _STATUS, before the upgrade."""
        if address.what == "events":
            await self._tell_events(websocket, await self._wish(websocket, address))
        elif address.what == "exec" and self._read_only:
            raise Forbidden("This hub is read-only: it runs nothing.")
        else:
            await self._sessions.hold(websocket, address)

    async def _wish(self, websocket: WebSocket, address: StreamAddress) -> Wish:
        """Raises NoSuchObject, for a stream of an object's own events."""
        wanted = frame_filter(websocket.query_params)
        if address.uuid:
            await run_in_threadpool(self._fleet.find, address.kind, address.uuid)
            own = comparable_uri(object_uri(address.kind, address.uuid))
            wanted = replace(wanted, objects=frozenset({own}))
        return Wish(wanted=wanted, is_tutum=address.is_tutum)

    async def _tell_events(self, websocket: WebSocket, wish: Wish) -> None:
        if self._clients >= MOST_CLIENTS:
            raise TooMany(f"There are {MOST_CLIENTS} clients already.")
        self._clients += 1
        try:
            await websocket.accept()
            outlet = outlet_of(websocket)
            outlet.write(text_frame(AUTH.encode()))
            with self._spread.listening(outlet, wish):
                await until_left(websocket)
        finally:
            self._clients -= 1


def _refusal(fault: ReactorError) -> Response:
    status = next(status for kind, status in _STATUS.items() if isinstance(fault, kind))
    return JSONResponse({"error": str(fault)}, status)


async def _turn_away(websocket: WebSocket) -> None:
    """Refuse as Tutum did: its clients take any other end for a fault, and connect again."""
    await websocket.accept()
    outlet = outlet_of(websocket)
    outlet.write(text_frame(UNAUTHORIZED.encode()))
    outlet.dismiss(POLICY_VIOLATION, "Unauthorized.", FAREWELL)
    await until_left(websocket)
