"""A decision in the making: what is decided and remembered so far, laid over what was before.

What is made for each event is a struct of msgspec: a dataclass takes several times as long.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from reactor.engine.compiled import CompiledRules
from reactor.model.delivery import Delivery
from reactor.model.event import Event
from reactor.model.incident import Joined
from reactor.model.lookup import Need
from reactor.model.match import Evaluation, Reason, Settlement
from reactor.model.memory import Changes, Memory, MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.silence import Silence

MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What decisions are made in. `actions` renders what fires. `event_of` has the events that
    gates keep, by source and id; None when one is gone. Beyond `most_keys` all further keys of a
    rule share one memory."""

    rules: CompiledRules
    actions: Mapping[str, ActionType]
    memory: Memory
    silences: tuple[Silence, ...] = ()
    event_of: Callable[[str, str], Event | None] = lambda *_: None
    most_keys: int = MOST_KEYS


@dataclass(frozen=True, slots=True)
class Recheck:
    """A timer that came due while reactor was down: whether it still holds is to be asked of the
    object behind its event."""

    key: MemoryKey
    event: Event
    need: Need


class Decision(Struct, frozen=True, kw_only=True):
    """What became of one input. `memory` maps changed keys to their new entry, None to forget.
    `undecided` names the rules that did not fire because a lookup failed. `notices` are for people,
    each once."""

    evaluations: tuple[Evaluation, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    memory: Changes = {}
    undecided: tuple[str, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    joined: tuple[Joined, ...] = ()
    notices: tuple[str, ...] = ()
    rechecks: tuple[Recheck, ...] = ()


NOTHING = Decision()


class Draft(Struct):
    """Collects a Decision. `now` is when it is decided."""

    situation: Situation
    now: datetime
    evaluations: list[Evaluation] = []
    deliveries: list[Delivery] = []
    changes: dict[MemoryKey, MemoryEntry | None] = {}
    undecided: list[str] = []
    settlements: list[Settlement] = []
    joined: list[Joined] = []
    notices: list[str] = []
    rechecks: list[Recheck] = []

    def recall(self, key: MemoryKey, mark: str | None = None) -> MemoryEntry | None:
        """What is remembered under `key`, if it was made under `mark` (None: whichever)."""
        entry = self.changes[key] if key in self.changes else self.situation.memory.get(key)
        return None if entry is None or (mark is not None and entry.mark != mark) else entry

    def remember(self, key: MemoryKey, entry: MemoryEntry | None) -> None:
        """From now on it is this; None forgets."""
        if entry is not self.recall(key):
            self.changes[key] = entry

    def settle(
        self, rule: str, action: str | None, kept: Mapping[str, object], reason: Reason
    ) -> None:
        """What waited with a kept match, and did not fire; with `action` None, whichever waits."""
        if kept:
            self.settlements.append(
                Settlement(
                    event_id=str(kept["event"]),
                    source=str(kept["source"]) if kept["event"] else "",
                    rule=rule,
                    action=action,
                    reason=reason,
                    at=self.now,
                    key=str(kept["key"]),
                )
            )

    def done(self) -> Decision:
        """All of it."""
        return Decision(
            evaluations=tuple(self.evaluations),
            deliveries=tuple(self.deliveries),
            memory=self.changes,
            undecided=tuple(self.undecided),
            settlements=tuple(self.settlements),
            joined=tuple(self.joined),
            notices=tuple(self.notices),
            rechecks=tuple(self.rechecks),
        )
