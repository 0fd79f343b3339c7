"""`redeploy: service` and its like: a verb on one of the event's objects."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from reactor.engine.call import OBJECTS, SELF, VERBS, address_of, object_call, stored_call
from reactor.engine.judge import judge_http
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind
from reactor.model.request import ObjectCall, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Vault


class Verb:
    """A verb of the API; without one, the object is deleted, which is how it is terminated."""

    fields: Mapping[str, Field] = {}
    destination_types: tuple[str, ...] = ()
    calls_back = True

    def __init__(self, verb: str, about: str) -> None:
        self._verb = verb
        self.value = Field(
            kind=Kind.CHOICE, about=about, required=True, choices=tuple(_objects(verb))
        )

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """The URI of the object, which an event has of itself."""
        if action.value != SELF:
            yield Reference(str(action.value), "uri")

    def render(
        self,
        action: ActionSpec,
        names: Mapping[str, object],
        vault: Vault,  # noqa: ARG002 -- an object's name holds no secret
    ) -> StoredRequest:
        """The call to store. Raises RenderFailed when the object is not known."""
        address = address_of(str(action.value), names)
        return stored_call(f"POST {address}{self._verb}/" if self._verb else f"DELETE {address}")

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


def _objects(verb: str) -> Iterator[str]:
    """Those of which some take the verb; which type the event is about shows when it comes."""
    return (name for name in OBJECTS if not verb or verb in VERBS.get(name, (verb,)))
