"""The REST API's description in OpenAPI 3.1, made from its routes and schemas."""

import re
from collections.abc import Iterator

from reactor import __version__
from reactor.hub.filters import OFFERED
from reactor.hub.routes import PATTERNS, ROUTES, Route
from reactor.hub.schemas import NEW_TRIGGER, NUMBER, SCHEMAS, TEXT, UPDATE, Schema

_SUMMARIES = {
    ("list", "GET"): "Lists every {kind} for which all filters hold.",
    ("object", "GET"): "Shows a {kind}.",
    ("object", "PATCH"): "Changes a {kind}, at once.",
    ("object", "DELETE"): "Terminates a {kind}.",
    ("operation", "POST"): "Begins to {verb} a {kind}.",
    ("refused", "POST"): "Refused, with the reason why: {verb} of a {kind}.",
    ("export", "GET"): "Shows a stack as a stackfile.",
    ("triggers", "GET"): "Lists the triggers of a service.",
    ("triggers", "POST"): "Makes a trigger of a service.",
    ("trigger", "GET"): "Shows a trigger.",
    ("trigger", "DELETE"): "Deletes a trigger.",
    ("call", "POST"): "Does what a trigger is for. Whoever knows its path may.",
    ("places", "GET"): "Lists every {kind} that a node names.",
    ("place", "GET"): "Shows a {kind}.",
    ("auth", "GET"): "Tells whether the credentials are right.",
    ("description", "GET"): "Shows this description.",
}

_STATUSES = {
    ("object", "PATCH"): "200",
    ("object", "DELETE"): "202",
    ("operation", "POST"): "202",
    ("triggers", "POST"): "201",
    ("call", "POST"): "202",
}
"""Of what is answered when all is well; 200 where none is named."""

_SCHEMAS = {
    "trigger": "trigger",
    "triggers": "trigger",
    "call": "trigger",
    "export": "stackfile",
    "auth": "account",
}
"""Of what is shown, where it is not an object of the route's kind."""

_LISTS = ("list", "places", "triggers")

_BODIES = {("object", "PATCH"): UPDATE, ("triggers", "POST"): NEW_TRIGGER}

_FAULTS = {
    "400": "Not possible; the text says why.",
    "401": "The credentials are missing or wrong.",
    "403": "The hub is read-only.",
    "404": "There is nothing of that name.",
    "405": "That method is not possible here.",
    "413": "The body is too large.",
    "500": "The hub failed.",
    "503": "The fleet cannot be reached.",
}


def description() -> Schema:
    """The whole of it, as JSON."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The hub's REST API",
            "version": __version__,
            "description": "Docker Cloud's and Tutum's API, for the clients that were written for"
            " them. The slash at the end of a path may be left out, and slashes may be doubled.",
        },
        "paths": {path: _operations(route, path) for route in ROUTES for path in route.paths},
        "components": {
            "schemas": dict(SCHEMAS),
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
        "security": [{"basic": []}],
    }


def _operations(route: Route, path: str) -> Schema:
    described: Schema = {
        method.lower(): _operation(route, path, method) for method in route.methods
    }
    variables = re.findall(r"{(\w+)}", path)
    if variables:
        described["parameters"] = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": f"^{PATTERNS[name]}$"},
            }
            for name in variables
        ]
    return described


def _operation(route: Route, path: str, method: str) -> Schema:
    key = (route.name, method)
    operation: Schema = {
        "operationId": f"{method.lower()} {path}",
        "summary": _SUMMARIES[key].format(kind=route.kind, verb=route.verb),
        "tags": [route.kind],
        "responses": dict(_responses(route, method)),
    }
    if method == "GET" and (parameters := list(_parameters(route))):
        operation["parameters"] = parameters
    if key in _BODIES:
        content = {"application/json": {"schema": _BODIES[key]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.is_open:
        operation["security"] = []
    return operation


def _parameters(route: Route) -> Iterator[Schema]:
    """What a list's query may ask for."""
    if route.name not in _LISTS:
        return
    for name, least in (("limit", 1), ("offset", 0)):
        schema = {**NUMBER, "minimum": least, "maximum": 999_999_999}
        yield {"name": name, "in": "query", "schema": schema}
    for name in sorted(OFFERED[route.kind]) if route.name == "list" else ():
        yield {"name": name, "in": "query", "schema": _filter_schema(name)}


def _filter_schema(name: str) -> Schema:
    if name == "include_related":
        return {"enum": ["true", "false"]}
    if name.endswith(("__gte", "__lte")):
        return {"type": "string", "format": "date-time"}
    return TEXT


def _responses(route: Route, method: str) -> Iterator[tuple[str, Schema]]:
    if route.name != "refused":
        status = _STATUSES.get((route.name, method), "200")
        yield status, _response("As asked.", _shown(route, method))
    for status, text in _FAULTS.items():
        yield status, _response(text, _named("error"))


def _response(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _shown(route: Route, method: str) -> Schema:
    if route.name == "description":
        return {"type": "object"}
    one = _named(_SCHEMAS.get(route.name, route.kind))
    if route.name not in _LISTS or method != "GET":
        return one
    return {
        "type": "object",
        "properties": {"meta": _named("meta"), "objects": {"type": "array", "items": one}},
        "required": ["meta", "objects"],
    }


def _named(schema: str) -> Schema:
    return {"$ref": f"#/components/schemas/{schema}"}
