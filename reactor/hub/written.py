"""What clients write of services and look for again: triggers, and how many containers there shall
be. In memory here; `kept` has it on the disk."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock

MOST_WANTED = 1000
"""Services that shall have another number of containers; of more the oldest is forgotten first."""


class Operation(StrEnum):
    """What a call of a trigger does to its service."""

    REDEPLOY = "REDEPLOY"
    SCALEUP = "SCALEUP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What may be done to the service of that UUID by whoever knows the trigger's own."""

    uuid: str
    service: str
    name: str
    operation: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """All of it, at one moment, the oldest first. `wanted` are the numbers of containers that
    services, by their UUIDs, shall have from when they are scaled on."""

    triggers: tuple[Trigger, ...] = ()
    wanted: Mapping[str, int] = field(default_factory=dict)

    def wanting(self, service: str, count: int) -> "Writing":
        """With another number of containers of a service."""
        others = self.without_wanted(service).wanted
        return replace(self, wanted=dict([*others.items(), (service, count)][-MOST_WANTED:]))

    def without_wanted(self, service: str) -> "Writing":
        """Without the number of that service."""
        others = {uuid: count for uuid, count in self.wanted.items() if uuid != service}
        return replace(self, wanted=others)

    def without(self, services: Collection[str]) -> "Writing":
        """Without anything of these services."""
        return Writing(
            triggers=tuple(each for each in self.triggers if each.service not in services),
            wanted={uuid: count for uuid, count in self.wanted.items() if uuid not in services},
        )


class Written:
    """The present writing. May be used from any thread.

    `keep` is given each new one and has it safe when it returns: it blocks for that long, and
    raises Unavailable when it cannot. `warn` takes a line of what people should know.
    """

    def __init__(
        self,
        present: Writing | None = None,
        *,
        keep: Callable[[Writing], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._lock, self._keep = Lock(), keep
        self._present = present or Writing()
        self.warn = warn

    @property
    def present(self) -> Writing:
        """What is written now. Does not block."""
        return self._present

    def change(self, changed: Callable[[Writing], Writing]) -> None:
        """Write. Blocks until it is kept; raises Unavailable, and what `changed` raises: then
        nothing was changed."""
        with self._lock:
            after = changed(self._present)
            if after != self._present:
                self._keep(after)
                self._present = after
