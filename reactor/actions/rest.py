"""`rest: "POST {{ resource_uri }}redeploy/"`: a call to the API that the event came from."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from reactor.engine.call import object_call, stored_call
from reactor.engine.judge import judge_http
from reactor.engine.template import Template, references_in, render_body
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind, Landing
from reactor.model.request import ObjectCall, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Joint, Parts, Vault


class Rest:
    """A call whose method, object and verb the rule writes out."""

    fields: Mapping[str, Field] = {
        "body": Field(
            kind=Kind.BODY,
            about="A mapping is sent as JSON, a text as it is; left out, nothing.",
            landing=Landing.CALL,
        ),
    }
    value = Field(
        kind=Kind.TEXT,
        about="POST, PATCH or DELETE, the URI of an object, and for POST its verb.",
        required=True,
        landing=Landing.CALL,
    )
    destination_types: tuple[str, ...] = ()
    calls_back = True

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """What its texts name."""
        yield from references_in(action.value)
        yield from references_in(action.parameters)

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        """The call to store. Raises RenderFailed when the text is no call that may be made."""
        if not isinstance(action.value, Template):
            raise TypeError("a call is parsed into a template")
        return stored_call(action.value.render(names), _body(action, names, vault))

    def build(
        self,
        delivery: Delivery,
        destination: Destination | None,  # noqa: ARG002 -- the source has address and credential
        vault: Vault,
        now: datetime,  # noqa: ARG002 -- a call carries no time
    ) -> ObjectCall:
        """The call of one attempt. Raises RenderFailed."""
        return object_call(delivery, vault)

    def judge(self, response: Response) -> Outcome:
        """By status (rules.md §4, Outcome)."""
        return judge_http(response)


def _body(action: ActionSpec, names: Mapping[str, object], vault: Vault) -> Parts:
    body = action.parameters.get("body")
    if body is None:
        return ()
    joint = Joint.PLAIN if isinstance(body, Template) else Joint.JSON
    return vault.split(render_body(body, names), joint)
