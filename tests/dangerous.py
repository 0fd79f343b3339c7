"""An action that is a log until an event tells it to do something worse."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from reactor.actions import ACTIONS
from reactor.actions.log import Log
from reactor.model.delivery import Delivery
from reactor.model.lookup import Reference
from reactor.model.protocols import ActionType, Field
from reactor.model.request import LogLine, Outcome, Response, StoredRequest
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Vault

Deeds = Mapping[str, Callable[[], None]]
"""What rendering does when the event's field `deed` has this name, unless the file is there that
its field `mended_by` names."""


class Dangerous:
    """A log with these deeds."""

    fields: Mapping[str, Field] = Log.fields
    value = Log.value
    destination_types: tuple[str, ...] = ()
    calls_back = False

    def __init__(self, deeds: Deeds) -> None:
        self._deeds, self._log = deeds, Log()

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        return self._log.references(action)

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        deed = names.get("deed")
        if deed and not Path(str(names.get("mended_by"))).exists():
            self._deeds[str(deed)]()
        return self._log.render(action, names, vault)

    def build(
        self, delivery: Delivery, destination: Destination | None, vault: Vault, now: datetime
    ) -> LogLine:
        return self._log.build(delivery, destination, vault, now)

    def judge(self, response: Response) -> Outcome:
        return self._log.judge(response)


class Death(BaseException):
    """Ends a road as the end of its process would: nothing catches it."""


def blow_up() -> None:
    raise ValueError("this event is poison")


def die() -> None:
    raise Death


def dangerous(deeds: Deeds) -> Mapping[str, ActionType]:
    """All actions, and with them `dangerous`."""
    return {**ACTIONS, "dangerous": Dangerous(deeds)}
