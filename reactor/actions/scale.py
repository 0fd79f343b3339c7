"""`scale: service` with `to: N`: how many containers a service is to have."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from reactor.engine.call import SELF, address_of, object_call, stored_call
from reactor.engine.filters import json_of
from reactor.engine.judge import judge_http
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind
from reactor.model.request import CallStep, ObjectCall, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Vault


class Scale:
    """A new number is set first, and then made true: the API wants two requests
    (docs/platforms.md §1)."""

    fields: Mapping[str, Field] = {
        "to": Field(kind=Kind.NUMBER, about="The number of containers.", required=True),
    }
    value = Field(
        kind=Kind.CHOICE,
        about="The event's service, or self where the event is about one.",
        required=True,
        choices=("service", SELF),
    )
    destination_types: tuple[str, ...] = ()
    calls_back = True

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """The URI of the service, which an event has of itself."""
        if action.value != SELF:
            yield Reference(str(action.value), "uri")

    def render(
        self,
        action: ActionSpec,
        names: Mapping[str, object],
        vault: Vault,  # noqa: ARG002 -- a number is no secret
    ) -> StoredRequest:
        """The call to store. Raises RenderFailed when the service is not known."""
        address = address_of(str(action.value), names)
        wanted = json_of({"target_num_containers": action.parameters["to"]})
        return stored_call(f"POST {address}scale/", (wanted,))

    def build(
        self,
        delivery: Delivery,
        destination: Destination | None,  # noqa: ARG002 -- the source has address and credential
        vault: Vault,
        now: datetime,  # noqa: ARG002 -- a call carries no time
    ) -> ObjectCall:
        """The two steps of one attempt. Raises RenderFailed."""
        call = object_call(delivery, vault)
        [made] = call.steps
        return replace(call, steps=(CallStep("PATCH", body=made.body), replace(made, body=b"")))

    def judge(self, response: Response) -> Outcome:
        """By status (rules.md §4, Outcome)."""
        return judge_http(response)
