"""An HTTP and WebSocket server with a thread of its own, for any ASGI application."""

import asyncio
import socket
import ssl
from concurrent.futures import Future
from contextlib import ExitStack
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp

from reactor.clock import monotonic
from reactor.model.errors import ReactorError
from reactor.serving.certificate import Certificate
from reactor.serving.connections import LOOK_SECONDS, PATIENCE, Connections
from reactor.serving.websocket import Outlet

GRACE = 0.5
"""Seconds that connections get to end by themselves when the server stops."""

LATE_SECONDS = 0.1
"""How often it then looks for what still holds it."""

STALLED = 30_000
"""Milliseconds without a sign of life from a peer that has something to take from us."""

MOST_HEARD = 64 * 1024
"""Bytes of a WebSocket message from outside."""


class HttpServer:
    """Listens from construction on; `serve` is the body of its thread. With a certificate it speaks
    TLS, and nothing else.

    Raises ReactorError when the address cannot be had; `advice` then says what to do instead.
    """

    def __init__(
        self,
        app: ASGIApp,
        listen: tuple[str, int],
        *,
        advice: str,
        certificate: Certificate | None = None,
    ) -> None:
        self._socket = _listening(*listen, advice=advice)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._stopped: Future[None] = Future()
        self._connections = Connections(monotonic)
        config = uvicorn.Config(
            app,
            # It is called for a protocol, as a class of protocols would be.
            http=self._connections.admit,  # type: ignore[arg-type]
            lifespan="on",
            ws=Outlet,
            ws_max_size=MOST_HEARD,
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # clients ping; some of the old ones are silent for minutes
            proxy_headers=False,  # the peer's word on who it speaks for is not proof
            server_header=False,
            log_config=None,
            log_level="error",  # what is wrong with a stranger's request is no news
            access_log=False,
            ssl_context_factory=(lambda *_: certificate.context) if certificate else None,
        )
        self._server = uvicorn.Server(config)

    def serve(self) -> None:
        """Answer until `stop`."""
        # Beside being fast it turns newcomers away where no descriptor is left for them. asyncio's
        # own would try on and write a traceback each time, many thousands a second.
        with asyncio.Runner(loop_factory=_Loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        stopped = asyncio.wrap_future(self._stopped)
        while not (serving.done() or stopped.done()):
            over = {serving, stopped}
            await asyncio.wait(over, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            self._connections.drop_overdue()
        self._server.should_exit = True
        await asyncio.wait({serving}, timeout=GRACE)
        # One whose peer does not read would hold the server for ever; so would one that becomes a
        # connection only now, for its greeting by TLS had begun before.
        while not serving.done():
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()
            await asyncio.wait({serving}, timeout=LATE_SECONDS)
        await serving

    def stop(self) -> None:
        """End `serve` within a second, or as soon as it is called."""
        if not self._stopped.done():
            self._stopped.set_result(None)


class _Loop(uvloop.Loop):
    """It inherits, since uvicorn does not ask how long a client may take to greet by TLS. Unbounded
    that would be a minute, in which the client holds a connection that nobody sees."""

    async def create_server(  # type: ignore[override]  # all else is uvicorn's
        self, *made: Any, ssl: ssl.SSLContext | None = None, **more: Any
    ) -> asyncio.AbstractServer:
        """Called by uvicorn."""
        patience = PATIENCE if ssl else None
        return await super().create_server(*made, ssl=ssl, ssl_handshake_timeout=patience, **more)


def _listening(host: str, port: int, *, advice: str) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with ExitStack() as opened:
            # asyncio turns off Nagle's delays only where it is told the protocol.
            listening = opened.enter_context(
                socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            )
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Connections inherit it: without it the kernel tries a dead peer for many minutes.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED)
            listening.bind((host, port))
            # Now, not when the thread runs: until then two programs could share the address.
            listening.listen()
            opened.pop_all()
    except OSError as fault:
        raise ReactorError(
            f"cannot listen on {host}:{port}: {fault.strerror or fault}; {advice}"
        ) from fault
    return listening
