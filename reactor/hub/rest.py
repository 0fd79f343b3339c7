"""The objects of a fleet over HTTP, as Docker Cloud's REST API showed them."""

from collections.abc import Callable
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from reactor.hub.auth import Credentials, unauthorized
from reactor.hub.filters import BadQuery, select
from reactor.hub.fleet import Call, Fleet
from reactor.hub.paths import Address, read_address, tidy

METHODS = ("GET", "PATCH", "POST", "DELETE")

ACTION_HEADER = "X-DockerCloud-Action-URI"
"""Holds the URI of the action that a call became (docs/platforms.md §1)."""

MOST_BODY = 1024 * 1024
"""Bytes of a request's body."""

USUAL_PAGE, LARGEST_PAGE = 25, 1000
"""Objects on a page of a list: without a `limit`, and at most."""

_VERBS = {"PATCH": "update", "DELETE": "terminate"}


class Rest:
    """Answers requests. `catch_up` brings the fleet to the present before each; it and the fleet
    are called in the event loop, so they may not block."""

    def __init__(
        self, fleet: Fleet, credentials: Credentials, catch_up: Callable[[], None]
    ) -> None:
        self._fleet, self._credentials, self._catch_up = fleet, credentials, catch_up

    async def answer(self, request: Request) -> Response:
        """The answer to any request. Raises HTTPException, BadQuery, NoSuchObject, NotAllowed."""
        if not self._credentials.accept(request.headers.get("authorization")):
            return unauthorized()
        path = tidy(request.scope["path"])
        address = read_address(path)
        if address is None:
            raise HTTPException(404, "There is nothing of that name.")
        if request.method not in address.methods:
            possible = ", ".join(address.methods)
            raise HTTPException(405, f"Possible here: {possible}.", {"Allow": possible})
        # Read even where none is looked at: some of the old clients send one with every request.
        body = await _body(request)
        self._catch_up()
        if request.method != "GET":
            return self._operate(address, _call(request, path, address, body))
        if address.uuid is None:
            return self._list(address.kind, path, request)
        return JSONResponse(self._fleet.find(address.kind, address.uuid))

    def _list(self, kind: str, path: str, request: Request) -> Response:
        asked = dict(request.query_params)
        limit = min(_number(asked.pop("limit", str(USUAL_PAGE)), least=1), LARGEST_PAGE)
        offset = _number(asked.pop("offset", "0"), least=0)
        objects = select(self._fleet, kind, asked.items())

        def page(start: int) -> str:
            # Without a host: the Go client cuts "/api" off and puts its own before the rest.
            return f"{path}?{urlencode({**asked, 'limit': limit, 'offset': start})}"

        following = offset + limit
        meta = {
            "limit": limit,
            "next": page(following) if following < len(objects) else None,
            "offset": offset,
            "previous": page(max(0, offset - limit)) if offset else None,
            "total_count": len(objects),
        }
        return JSONResponse({"meta": meta, "objects": objects[offset:following]})

    def _operate(self, address: Address, call: Call) -> Response:
        """200 for what is done, 202 and its action for what has only begun."""
        kind, uuid = address.kind, address.uuid or ""
        action = self._fleet.operate(kind, uuid, call)
        thing = self._fleet.find(kind, uuid)
        if action is None:
            return JSONResponse(thing)
        return JSONResponse(thing, 202, {ACTION_HEADER: action})


def _call(request: Request, path: str, address: Address, body: bytes) -> Call:
    return Call(
        verb=address.verb or _VERBS[request.method],
        method=request.method,
        path=path,
        user_agent=request.headers.get("user-agent", ""),
        ip=request.client.host if request.client else "",
        changes=_json(body) if request.method == "PATCH" else {},
    )


def _json(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise HTTPException(400, "The body is not a JSON object.") from fault


def _number(text: str, *, least: int) -> int:
    """A number of a query. ASCII digits, few enough that a list can be so long."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise BadQuery(f"'{text}' is no number from {least} on.")
    return int(text)


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
