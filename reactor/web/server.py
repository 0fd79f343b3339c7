"""The HTTP server of `reactor run --http`: today `/healthz`."""

import socket
from collections.abc import Callable
from contextlib import ExitStack

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reactor.model.errors import ReactorError


class WebServer:
    """Listens from construction on; `serve` is the body of its thread.

    Raises ReactorError when the address cannot be had.
    """

    def __init__(self, host: str, port: int, is_ready: Callable[[], bool]) -> None:
        self._socket = _listen(host, port)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        config = uvicorn.Config(
            _application(is_ready), log_config=None, access_log=False, lifespan="off"
        )
        self._server = uvicorn.Server(config)

    def serve(self) -> None:
        """Answer until `stop`."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """End `serve` within a second."""
        self._server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with ExitStack() as opened:
            listening = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            # Now, not when the thread runs: until then two programs could share the address.
            listening.listen()
            opened.pop_all()
    except OSError as fault:
        raise ReactorError(
            f"cannot listen on {host}:{port}: {fault.strerror or fault}; "
            "choose another address with --http HOST:PORT, or --http off"
        ) from fault
    return listening


def _application(is_ready: Callable[[], bool]) -> Starlette:
    async def healthz(_: Request) -> JSONResponse:
        """200 once the sources are started, 503 before."""
        ready = is_ready()
        return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)

    return Starlette(routes=[Route("/healthz", healthz)])
