"""`log: LEVEL`: a line in reactor's own log."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from reactor.engine.outgoing import summary
from reactor.engine.template import Template, references_in
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind, Landing
from reactor.model.request import LogLine, Outcome, Response, StoredRequest, Verdict
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Vault, masked

_LEVELS = ("debug", "info", "warning", "error")


class Log:
    """A line in reactor's own log."""

    fields: Mapping[str, Field] = {
        "text": Field(
            kind=Kind.TEXT,
            about="The line; left out, the rule's name and the event's subject.",
            landing=Landing.TEXT,
        ),
    }
    value = Field(kind=Kind.CHOICE, about="The level.", required=True, choices=_LEVELS)
    destination_types: tuple[str, ...] = ()
    calls_back = False

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """What its text names."""
        return references_in(action.parameters)

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        """The line to store; its level stands in place of a method. Raises RenderFailed."""
        template = action.parameters.get("text")
        text = template.render(names) if isinstance(template, Template) else summary(names)
        return StoredRequest(method=str(action.value), body=vault.split(text))

    def build(
        self,
        delivery: Delivery,
        destination: Destination | None,  # noqa: ARG002 -- a log has none
        vault: Vault,  # noqa: ARG002 -- secrets stay masked: a log shows none
        now: datetime,  # noqa: ARG002 -- the log stamps its lines itself
    ) -> LogLine:
        """The line, with its secrets masked."""
        return LogLine(level=delivery.request.method, text=masked(delivery.request.body))

    def judge(self, response: Response) -> Outcome:  # noqa: ARG002 -- the contract of an action
        """Writing a line does not fail."""
        return Outcome(verdict=Verdict.SUCCEEDED, detail="logged")
