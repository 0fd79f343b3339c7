"""The HTTP server of `reactor run --http`: today `/healthz`."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from reactor.serving.http import HttpServer

ADVICE = "choose another address with --http HOST:PORT, or --http off"


class WebServer:
    """Listens from construction on; `serve` is the body of its thread.

    Raises ReactorError when the address cannot be had.
    """

    def __init__(self, host: str, port: int, is_ready: Callable[[], bool]) -> None:
        self._http = HttpServer(_application(is_ready), (host, port), advice=ADVICE)
        self.address = self._http.address
        self.serve = self._http.serve
        self.stop = self._http.stop


def _application(is_ready: Callable[[], bool]) -> Starlette:
    async def healthz(_: Request) -> JSONResponse:
        """200 once the sources are started, 503 before."""
        ready = is_ready()
        return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)

    return Starlette(routes=[Route("/healthz", healthz)])
