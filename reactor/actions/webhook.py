"""`webhook: DEST or URL`: one HTTP request, signed when the destination has a secret."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reactor.engine.filters import json_of
from reactor.engine.judge import judge_http
from reactor.engine.outgoing import JSON_TYPE, TEXT_TYPE, http_request
from reactor.engine.promise import BODY
from reactor.engine.template import Template, references_in, render_body
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind, Landing
from reactor.model.request import HttpRequest, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Joint, Parts, Vault


class Webhook:
    """An HTTP request to a destination, or to a URL written in the rule."""

    fields: Mapping[str, Field] = {
        "method": Field(kind=Kind.METHOD, about="The HTTP method; POST if left out."),
        "headers": Field(
            kind=Kind.HEADERS,
            about="Headers beside reactor's own; values are templates.",
            landing=Landing.HEADER,
        ),
        "body": Field(
            kind=Kind.BODY,
            about="A mapping is sent as JSON, a text as text; left out, the firing as JSON.",
            landing=Landing.TEXT,
        ),
    }
    value = Field(
        kind=Kind.URL,
        about="A destination of type webhook, or a URL whose path and query may be templates.",
        required=True,
        landing=Landing.URL,
    )
    destination_types: tuple[str, ...] = ("webhook",)
    calls_back = False

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """What its templates name; the default body tells what is known without asking."""
        yield from references_in(action.value)
        yield from references_in(action.parameters)

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        """The request to store. Raises RenderFailed."""
        body, content_type = _body(action, names, vault)
        headers = {
            name: vault.split(template.render(names)) for name, template in _headers(action).items()
        }
        if not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = (content_type,)
        return StoredRequest(
            method=str(action.parameters.get("method", "POST")),
            url=_url(action, names, vault),
            headers=headers,
            body=body,
        )

    def build(
        self, delivery: Delivery, destination: Destination | None, vault: Vault, now: datetime
    ) -> HttpRequest:
        """The request of one attempt, signed anew. Raises DestinationRemoved, RenderFailed."""
        return http_request(delivery, destination, vault, now)

    def judge(self, response: Response) -> Outcome:
        """By status (rules.md §4, Outcome). A 410 is about the destination: it wants nothing more
        (Standard Webhooks, "Response status codes")."""
        outcome = judge_http(response)
        return replace(outcome, is_refusal=True) if response.status == 410 else outcome


def _url(action: ActionSpec, names: Mapping[str, object], vault: Vault) -> Parts | None:
    if isinstance(action.value, Template):
        return vault.split(action.value.render(names), Joint.URL)
    return None


def _headers(action: ActionSpec) -> Mapping[str, Template]:
    headers = action.parameters.get("headers", {})
    if not isinstance(headers, Mapping):
        raise TypeError("headers are parsed into a mapping")
    return headers


def _body(action: ActionSpec, names: Mapping[str, object], vault: Vault) -> tuple[Parts, str]:
    """The body and its content type."""
    body = action.parameters.get("body")
    if isinstance(body, Template):
        return vault.split(body.render(names)), TEXT_TYPE
    # The firing is no template: a frame of a megabyte makes a body of as much.
    text = json_of(names[BODY]) if body is None else render_body(body, names)
    return vault.split(text, Joint.JSON), JSON_TYPE
