"""What the service says of itself over HTTP: that it is alive, that it is ready, its metrics."""

from collections.abc import Mapping
from typing import Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from reactor.model.errors import JournalUnavailable

EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
"""The type of Prometheus' text format (prometheus.io/docs/instrumenting/exposition_formats)."""


class Vitals(Protocol):
    """What is asked here. May be asked from any thread."""

    @property
    def is_started(self) -> bool:
        """Whether the sources were started."""

    def hung(self) -> Mapping[str, str]:
        """The parts that cannot go on by themselves, and why. Does not block."""

    def unready(self) -> Mapping[str, str]:
        """The parts that are not as they should be, and why. Does not block."""

    def exposition(self) -> bytes:
        """All metrics as Prometheus reads them. Blocks for a read; raises JournalUnavailable."""


class StatusPages:
    """Endpoints for `/healthz`, `/readyz` and `/metrics`."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    async def healthz(self, _: Request) -> JSONResponse:
        """200 once the sources are started, unless a restart is all that could help."""
        if not self._vitals.is_started:
            return JSONResponse({"status": "starting"}, 503)
        hung = self._vitals.hung()
        if hung:
            return JSONResponse({"status": "hung", "why": dict(hung)}, 503)
        return JSONResponse({"status": "ok"})

    async def readyz(self, _: Request) -> JSONResponse:
        """200 while events are taken and deliveries move; 503 says which part is not ready."""
        unready = self._vitals.unready()
        if unready:
            return JSONResponse({"status": "not ready", "why": dict(unready)}, 503)
        return JSONResponse({"status": "ready"})

    def metrics(self, _: Request) -> Response:
        """The metrics. Not a coroutine: Starlette lets it block in a thread of its own."""
        try:
            return Response(self._vitals.exposition(), media_type=EXPOSITION)
        except JournalUnavailable as fault:
            return Response(str(fault), 503)
