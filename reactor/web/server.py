"""The HTTP server of `reactor run --http`, and the one table of what it serves."""

import traceback

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from reactor.serving.http import HttpServer
from reactor.web.complaints import Complaints
from reactor.web.hooks import Hooks
from reactor.web.safety import Access, Page, Scope, known_hosts_only
from reactor.web.status import StatusPages

HOOKS = "/hooks/"

ADVICE = "choose another address with --http HOST:PORT, or --http off"


class WebServer:
    """Listens from construction on; `serve` is the body of its thread.

    Raises ReactorError when the address cannot be had.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        access: Access,
        *,
        status: StatusPages,
        hooks: Hooks,
        complaints: Complaints,
    ) -> None:
        self.pages = all_pages(status, hooks)
        app = Starlette(routes=[page.route(access) for page in self.pages])
        app.router.redirect_slashes = False  # a hook is at one place; few senders follow
        served = hooks_first(app, hooks)
        guarded = unbroken(known_hosts_only(served, access), complaints)
        self._http = HttpServer(guarded, listen, advice=ADVICE)
        self.address = self._http.address
        self.serve = self._http.serve
        self.stop = self._http.stop


def all_pages(status: StatusPages, hooks: Hooks) -> tuple[Page, ...]:
    """Everything that is served, and to whom."""
    return (
        Page(path="/healthz", scope=Scope.PUBLIC, endpoint=status.healthz),
        Page(path="/readyz", scope=Scope.OPERATOR, endpoint=status.readyz),
        Page(path="/metrics", scope=Scope.OPERATOR, endpoint=status.metrics),
        Page(path=f"{HOOKS}{{name:path}}", scope=Scope.HOOK, endpoint=hooks.answer, method="POST"),
    )


def hooks_first(app: ASGIApp, hooks: Hooks) -> ASGIApp:
    """Nearly all requests are for hooks, and they have no guard here: each carries its proof. So
    they need not go through the table, which takes longer than the rest of the answer."""

    async def served(asked: Asked, receive: Receive, send: Send) -> None:
        if asked["type"] == "http" and asked["method"] == "POST":
            before, prefix, name = asked["path"].partition(HOOKS)
            if prefix and not before:
                request = Request({**asked, "path_params": {"name": name}}, receive)
                await (await hooks.answer(request))(asked, receive, send)
                return
        await app(asked, receive, send)

    return served


def unbroken(app: ASGIApp, complaints: Complaints) -> ASGIApp:
    """A mistake of ours in one answer is told, and ends nothing else. Starlette has answered 500 by
    then, and would have uvicorn write the traceback each time."""

    async def answered(asked: Asked, receive: Receive, send: Send) -> None:
        try:
            await app(asked, receive, send)
        except Exception as fault:  # noqa: BLE001 -- strangers are served here: see above
            trace = "".join(traceback.format_exception(fault)).rstrip()
            complaints.say(type(fault).__name__, f"an HTTP request was not answered:\n{trace}")

    return answered
