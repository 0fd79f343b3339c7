"""Triggers of services: addresses that redeploy or scale one without credentials, so that their ids
are secrets. They are kept in memory, as long as the hub runs."""

import hmac
from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

from reactor.hub.fleet import NoSuchObject, NotAllowed

OPERATIONS = ("REDEPLOY", "SCALEUP")

MOST_TRIGGERS = 100
"""Of one service."""

LONGEST_NAME = 256
"""Characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What may be done to the service of that UUID by whoever knows the trigger's own."""

    uuid: str
    service: str
    name: str
    operation: str


class Triggers:
    """All of the hub's. May be used from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: tuple[Trigger, ...] = ()

    def of(self, service: str) -> list[Trigger]:
        """Those of a service, oldest first."""
        return [trigger for trigger in self._kept if trigger.service == service]

    def find(self, service: str, uuid: str) -> Trigger:
        """The trigger of a service. Raises NoSuchObject."""
        # Each is compared, in constant time: how long it takes tells nothing about any of them.
        found = [each for each in self.of(service) if hmac.compare_digest(each.uuid, uuid)]
        if not found:
            raise NoSuchObject("There is no such trigger.")
        return found[0]

    def create(self, service: str, *, name: object, operation: object) -> Trigger:
        """A new trigger of a service, with what a client says it shall be. The old command line
        writes the operation in small letters. Raises NotAllowed."""
        chosen = operation.upper() if isinstance(operation, str) else ""
        if chosen not in OPERATIONS:
            raise NotAllowed(f"A trigger's operation is one of {', '.join(OPERATIONS)}.")
        if not isinstance(name, str) or len(name) > LONGEST_NAME:
            raise NotAllowed(f"A trigger's name is text of at most {LONGEST_NAME} characters.")
        trigger = Trigger(uuid=str(uuid4()), service=service, name=name, operation=chosen)
        with self._lock:
            if len(self.of(service)) >= MOST_TRIGGERS:
                raise NotAllowed(f"A service has at most {MOST_TRIGGERS} triggers; delete one.")
            self._kept = (*self._kept, trigger)
        return trigger

    def drop(self, trigger: Trigger) -> None:
        """Forget it; who calls it from now on finds nothing."""
        with self._lock:
            self._kept = tuple(each for each in self._kept if each is not trigger)
