"""The REST API over HTTP: who may ask, how much, and how an answer is written in each era."""

from collections.abc import Callable, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from reactor.hub.auth import Credentials, unauthorized
from reactor.hub.eras import ACTION_HEADER, TUTUM_ACTION_HEADER, as_tutum, tutum_uri
from reactor.hub.fleet import Call, Fleet
from reactor.hub.paths import tidy
from reactor.hub.resources import Asked, Resources
from reactor.hub.routes import Address, Route, read_address

MOST_BODY = 1024 * 1024
"""Bytes of a request's body."""


class Rest:
    """Answers requests. `catch_up` brings the fleet to the present before each; it and the fleet
    are called in threads, so they may block. If it is read-only, nothing changes the fleet."""

    def __init__(
        self,
        fleet: Fleet,
        credentials: Credentials,
        catch_up: Callable[[], None],
        *,
        read_only: bool = False,
    ) -> None:
        self._resources = Resources(fleet, user=credentials.user)
        self._credentials, self._catch_up = credentials, catch_up
        self._read_only = read_only

    async def answer(self, request: Request) -> Response:
        """The answer to any request; to a HEAD that of its GET, whose body the server leaves out.
        Raises HTTPException, BadQuery, NoSuchObject, NotAllowed."""
        path = tidy(request.scope["path"])
        address = read_address(path)
        if not (address and address.route.is_open) and not self._accepts(request):
            return unauthorized()
        if address is None:
            raise HTTPException(404, "There is nothing of that name.")
        method = "GET" if request.method == "HEAD" else request.method
        _permit(method, address)
        if self._read_only and method != "GET":
            raise HTTPException(403, "This hub is read-only: it changes nothing.")
        # Read even where none is looked at: some of the old clients send one with every request.
        body = await _body(request)
        asked = Asked(
            address=address,
            call=_call(request, method, path, address),
            query=dict(request.query_params),
            body=body,
        )
        return await run_in_threadpool(self._respond, asked)

    def _accepts(self, request: Request) -> bool:
        return self._credentials.accept(request.headers.get("authorization"))

    def _respond(self, asked: Asked) -> Response:
        self._catch_up()
        answer = self._resources.answer(asked)
        if asked.address.is_tutum:
            action = {TUTUM_ACTION_HEADER: tutum_uri(answer.action)} if answer.action else None
            return JSONResponse(as_tutum(answer.content), answer.status, action)
        action = {ACTION_HEADER: answer.action} if answer.action else None
        return JSONResponse(answer.content, answer.status, action)


def _permit(method: str, address: Address) -> None:
    route = address.route
    if method in route.methods:
        return
    possible = ", ".join(_methods(route))
    sentence = f"Possible here: {possible}."
    if method == "POST" and route.name == "list":
        sentence = (
            f"The hub makes no {route.kind}: what its fleet runs is made elsewhere. {sentence}"
        )
    raise HTTPException(405, sentence, {"Allow": possible})


def _methods(route: Route) -> Iterator[str]:
    """All that are possible, as HTTP has them: with GET there is HEAD (RFC 9110 §9.1)."""
    for method in route.methods:
        yield method
        if method == "GET":
            yield "HEAD"


def _call(request: Request, method: str, path: str, address: Address) -> Call:
    return Call(
        verb=address.route.verb,
        method=method,
        path=path,
        user_agent=request.headers.get("user-agent", ""),
        ip=request.client.host if request.client else "",
    )


async def _body(request: Request) -> bytes:
    received = bytearray()
    try:
        async for chunk in request.stream():
            received += chunk
            if len(received) > MOST_BODY:
                raise HTTPException(413, f"A body has at most {MOST_BODY} bytes.")
    except ClientDisconnect as gone:
        raise HTTPException(400, "The request has no end.") from gone
    return bytes(received)
