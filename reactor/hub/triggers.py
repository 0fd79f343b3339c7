"""Triggers of services: addresses that redeploy or scale one without credentials, so that their ids
are secrets. They live until a client deletes them, or as long as what `written` keeps."""

import hmac
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import uuid4

from reactor.hub.fleet import NoSuchObject, NotAllowed
from reactor.hub.written import Operation, Trigger, Writing, Written

MOST_TRIGGERS = 100
"""Of one service."""

MOST_IN_ALL = 1000
"""Of all services."""

LONGEST_NAME = 256
"""Characters."""


class Triggers:
    """All of the hub's. May be used from any thread. `services` gives the UUIDs of those that the
    fleet has."""

    def __init__(self, written: Written, services: Callable[[], Collection[str]]) -> None:
        self._written, self._services = written, services

    def of(self, service: str) -> list[Trigger]:
        """Those of a service, oldest first."""
        return _of(service, self._written.present.triggers)

    def find(self, service: str, uuid: str) -> Trigger:
        """The trigger of a service. Raises NoSuchObject."""
        # Each is compared, in constant time: how long it takes tells nothing about any of them.
        found = [each for each in self.of(service) if hmac.compare_digest(each.uuid, uuid)]
        if not found:
            raise NoSuchObject("There is no such trigger.")
        return found[0]

    def create(self, service: str, *, name: object, operation: object) -> Trigger:
        """A new trigger of a service, with what a client says it shall be. The old command line
        writes the operation in small letters. Blocks until it is kept. Raises NotAllowed."""
        chosen = operation.upper() if isinstance(operation, str) else ""
        if chosen not in list(Operation):
            raise NotAllowed(f"A trigger's operation is one of {', '.join(Operation)}.")
        if not isinstance(name, str) or len(name) > LONGEST_NAME:
            raise NotAllowed(f"A trigger's name is text of at most {LONGEST_NAME} characters.")
        trigger = Trigger(
            uuid=str(uuid4()), service=service, name=name, operation=Operation(chosen)
        )
        self._written.change(lambda now: self._with(trigger, now))
        return trigger

    def _with(self, trigger: Trigger, now: Writing) -> Writing:
        """Raises NotAllowed."""
        if len(_of(trigger.service, now.triggers)) >= MOST_TRIGGERS:
            raise NotAllowed(f"A service has at most {MOST_TRIGGERS} triggers; delete one.")
        kept = now.triggers
        if len(kept) >= MOST_IN_ALL:
            kept = self._with_room(kept)
        return replace(now, triggers=(*kept, trigger))

    def _with_room(self, triggers: Sequence[Trigger]) -> tuple[Trigger, ...]:
        """Without the oldest one whose service is gone: it may come back, but it may be that of a
        project that never will. Raises NotAllowed."""
        services = set(self._services())
        gone = next((each for each in triggers if each.service not in services), None)
        if gone is None:
            raise NotAllowed(f"The hub has at most {MOST_IN_ALL} triggers; delete one.")
        self._written.warn(
            f"the hub has {MOST_IN_ALL} triggers: to make room for another, it forgets "
            f"'{gone.name}' of the service {gone.service}, which is gone"
        )
        return tuple(each for each in triggers if each is not gone)

    def drop(self, trigger: Trigger) -> None:
        """Forget it; who calls it from now on finds nothing. Blocks until that is kept. Raises
        Unavailable."""
        self._written.change(lambda now: _without(trigger, now))


def _of(service: str, triggers: Sequence[Trigger]) -> list[Trigger]:
    return [trigger for trigger in triggers if trigger.service == service]


def _without(trigger: Trigger, now: Writing) -> Writing:
    return replace(now, triggers=tuple(each for each in now.triggers if each != trigger))
