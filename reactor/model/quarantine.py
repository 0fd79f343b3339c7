"""Events that cannot be decided, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """What came of evaluating an event instead of a decision: `why` in a sentence, `trace` for
    whoever mends it. `rule` is the name of the rule at fault, None where it is not known."""

    why: str
    trace: str
    rule: str | None = None

    @property
    def sentence(self) -> str:
        """Why, with the rule if that is known."""
        return f"rule '{self.rule}': {self.why}" if self.rule else self.why


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """An event that is kept and that no rule has decided: it has no evaluation and no delivery
    until somebody has it tried again. `at` is when it was put aside."""

    event_id: str
    source: str
    at: datetime
    poison: Poison


class Retried(StrEnum):
    """What came of trying a quarantined event again, unless it is in quarantine once more."""

    DECIDED = "decided"
    PARKED = "waits for a lookup"
    POSTPONED = "will be tried at the next start"
    ABSENT = "is not in quarantine"
