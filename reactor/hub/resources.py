"""What the hub answers to each request, as JSON values: no HTTP here, and no credentials."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import msgspec

from reactor.hub.export import stackfile
from reactor.hub.filters import BadQuery, select
from reactor.hub.fleet import Call, Fleet, NoSuchObject, NotAllowed, Object
from reactor.hub.openapi import description
from reactor.hub.places import places
from reactor.hub.routes import Address
from reactor.hub.triggers import Triggers
from reactor.hub.written import Operation, Trigger

USUAL_PAGE, LARGEST_PAGE = 25, 1000
"""Objects on a page of a list: without a `limit`, and at most."""

_METHOD_VERBS = {"PATCH": "update", "DELETE": "terminate"}

_REFUSALS: Mapping[str, str] = {
    "node": "The hub makes, upgrades and checks no machines: that is for whoever runs them.",
    "nodecluster": "The hub makes, upgrades and checks no machines: that is for whoever runs them.",
    "action": "What an action began goes on by itself; make the call again if it is needed again.",
}


class BadBody(BadQuery):
    """The body of a request is not what it has to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. `call` is who asks for what, without the changes that the body asks for."""

    address: Address
    call: Call
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`action` is the URI of the action that the request became, if any."""

    content: Object
    status: int = 200
    action: str | None = None


class Resources:
    """Answers for a fleet. Blocks as long as the fleet does; may be used from any thread."""

    def __init__(self, fleet: Fleet, *, user: str) -> None:
        self._fleet, self._user = fleet, user
        self._triggers = Triggers(fleet.written, self._services)
        self._answers: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {
            ("list", "GET"): self._list,
            ("object", "GET"): self._show,
            ("object", "PATCH"): self._update,
            ("object", "DELETE"): self._operate,
            ("operation", "POST"): self._operate,
            ("refused", "POST"): self._refuse,
            ("export", "GET"): self._export,
            ("triggers", "GET"): self._list_triggers,
            ("triggers", "POST"): self._create_trigger,
            ("trigger", "GET"): self._show_trigger,
            ("trigger", "DELETE"): self._delete_trigger,
            ("call", "POST"): self._call_trigger,
            ("places", "GET"): self._list_places,
            ("place", "GET"): self._show_place,
            ("auth", "GET"): lambda _: Answer(content={"username": self._user}),
            ("description", "GET"): lambda _: Answer(content=description()),
        }

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request whose method its route has. What it changes is kept by then.
        Raises BadQuery, BadBody, NoSuchObject, NotAllowed."""
        return self._answers[asked.address.route.name, asked.call.method](asked)

    def _list(self, asked: Asked) -> Answer:
        filters = [(name, each) for name, each in asked.query.items() if name not in _PAGING]
        kind = asked.address.route.kind
        found = select(self._fleet, kind, filters)
        # The old command line takes the first for the last ones: `action ls --last 5`.
        return _page(found[::-1] if kind == "action" else found, asked)

    def _show(self, asked: Asked) -> Answer:
        return Answer(content=self._find(asked))

    def _find(self, asked: Asked) -> Object:
        return self._fleet.find(asked.address.route.kind, asked.address.uuid)

    def _update(self, asked: Asked) -> Answer:
        return self._operate(replace(asked, call=replace(asked.call, changes=_json(asked.body))))

    def _operate(self, asked: Asked) -> Answer:
        """200 for what is done, 202 and its action for what has only begun."""
        route, method = asked.address.route, asked.call.method
        call = replace(asked.call, verb=route.verb or _METHOD_VERBS[method])
        action = self._fleet.operate(route.kind, asked.address.uuid, call)
        return Answer(content=self._find(asked), status=202 if action else 200, action=action)

    def _refuse(self, asked: Asked) -> Answer:
        self._find(asked)
        raise NotAllowed(_REFUSALS[asked.address.route.kind])

    def _export(self, asked: Asked) -> Answer:
        return Answer(content=stackfile(self._fleet, self._find(asked)))

    # Places.

    def _list_places(self, asked: Asked) -> Answer:
        unknown = [name for name in asked.query if name not in _PAGING]
        if unknown:
            raise BadQuery(f"A list of {asked.address.route.kind} has no filters.")
        return _page(places(self._fleet, asked.address.route.kind), asked)

    def _show_place(self, asked: Asked) -> Answer:
        kind = asked.address.route.kind
        uri = f"/api/infra/v1/{kind}/{'/'.join(asked.address.parts.values())}/"
        for place in places(self._fleet, kind):
            if place["resource_uri"] == uri:
                return Answer(content=place)
        raise NoSuchObject(f"No node of this fleet has that {kind}.")

    # Triggers.

    def _services(self) -> list[str]:
        return [str(service["uuid"]) for service in self._fleet.objects("service")]

    def _list_triggers(self, asked: Asked) -> Answer:
        service = self._find(asked)
        triggers = self._triggers.of(asked.address.uuid)
        return _page([_shown(service, trigger) for trigger in triggers], asked)

    def _create_trigger(self, asked: Asked) -> Answer:
        service = self._find(asked)
        wanted = _json(asked.body or b"{}")  # all of it has a default
        trigger = self._triggers.create(
            asked.address.uuid,
            name=wanted.get("name", ""),
            operation=wanted.get("operation", "REDEPLOY"),
        )
        return Answer(content=_shown(service, trigger), status=201)

    def _trigger(self, asked: Asked) -> Trigger:
        return self._triggers.find(asked.address.uuid, asked.address.parts["trigger"])

    def _show_trigger(self, asked: Asked) -> Answer:
        return Answer(content=_shown(self._find(asked), self._trigger(asked)))

    def _delete_trigger(self, asked: Asked) -> Answer:
        service, trigger = self._find(asked), self._trigger(asked)
        self._triggers.drop(trigger)
        return Answer(content=_shown(service, trigger))  # the Go client reads JSON even here

    def _call_trigger(self, asked: Asked) -> Answer:
        """It tells the caller, who may be anybody, no more than they knew."""
        trigger = self._trigger(asked)
        service = self._find(asked)
        if trigger.operation is Operation.SCALEUP:
            action = self._scale_up(service, asked)
        else:
            call = replace(asked.call, verb="redeploy")
            action = self._fleet.operate("service", trigger.service, call)
        return Answer(content=_shown(service, trigger), status=202, action=action)

    def _scale_up(self, service: Object, asked: Asked) -> str | None:
        uuid, before = asked.address.uuid, service["target_num_containers"]
        more = int(asked.address.parts.get("number", "1"))
        if not isinstance(before, int):
            raise NotAllowed("How many containers this service shall have cannot be told.")
        update = replace(asked.call, verb="update")
        wanted = {"target_num_containers": before + more}
        self._fleet.operate("service", uuid, replace(update, changes=wanted))
        try:
            return self._fleet.operate("service", uuid, replace(asked.call, verb="scale"))
        except NotAllowed:
            # Or each further try would ask for more.
            back = {"target_num_containers": before}
            self._fleet.operate("service", uuid, replace(update, changes=back))
            raise


def _shown(service: Object, trigger: Trigger) -> Object:
    uri = f"{str(service['resource_uri']).rstrip('/')}/trigger/{trigger.uuid}/"
    return {
        "uuid": trigger.uuid,
        "name": trigger.name,
        "operation": trigger.operation,
        "resource_uri": uri,
        # A path: the old command line puts its host before it.
        "url": f"{uri}call/",
    }


_PAGING = ("limit", "offset")


def _page(things: Sequence[Object], asked: Asked) -> Answer:
    """A part of a list, and where the rest of it is."""
    limit = min(_number(asked.query.get("limit", str(USUAL_PAGE)), least=1), LARGEST_PAGE)
    offset = _number(asked.query.get("offset", "0"), least=0)

    def page(start: int) -> str:
        # Without a host: the Go client cuts "/api" off and puts its own before the rest.
        query = {**asked.query, "limit": limit, "offset": start}
        return f"{asked.call.path}?{urlencode(query)}"

    following = offset + limit
    meta = {
        "limit": limit,
        "next": page(following) if following < len(things) else None,
        "offset": offset,
        "previous": page(max(0, offset - limit)) if offset else None,
        "total_count": len(things),
    }
    return Answer(content={"meta": meta, "objects": list(things[offset:following])})


def _number(text: str, *, least: int) -> int:
    """A number of a query. ASCII digits, few enough that a list can be so long."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise BadQuery(f"'{text}' is no number from {least} on.")
    return int(text)


def _json(body: bytes) -> dict[str, object]:
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BadBody("The body is not a JSON object.") from fault
