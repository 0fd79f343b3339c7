"""Which gates of a rule its tests came to, and what they saw of each."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reactor.model.gates import Gates
from reactor.model.match import Evaluation, Settlement, Verdict
from reactor.model.rule import Rule

Row = Evaluation | Settlement
"""What became of a match for an action, at first or later."""

_ONLY_FIRE = ("absent",)
"""Gates that are not asked about a match, and so hold none back."""

_HOURS = ("during", "not_during")

_Use = tuple[str, datetime, str | None, str, bool]
"""The event and when it was, the action and the gate, and whether it let go on. What a rule's own
gate said stands in the row of each action."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """A gate of an action, or with `action` None of the rule itself: how often it let a match go
    on, at once or later, and how often it did not."""

    action: str | None
    gate: str
    passed: int = 0
    held: int = 0

    @property
    def gap(self) -> str | None:
        """What no test shows of it, in words; None if they show all."""
        name = f"{self.gate} of {self.action}" if self.action else self.gate
        if not self.passed and not self.held:
            return f"{name} never reached"
        if not self.passed:
            return f"{name} never let anything pass"
        if not self.held and self.gate not in _ONLY_FIRE:
            return f"{name} never held anything back"
        return None


def covered(rule: Rule, rows: Iterable[Row]) -> tuple[Covered, ...]:
    """Each gate of the rule and of its actions, in the order in which matches come to them."""
    uses = Counter(each[2:] for each in {use for row in rows for use in _uses(row)})
    return tuple(
        Covered(
            action=action,
            gate=gate,
            passed=uses[action, gate, True],
            held=uses[action, gate, False],
        )
        for action, gate in _gates_of(rule)
    )


def _gates_of(rule: Rule) -> Iterator[tuple[str | None, str]]:
    if rule.absent is not None:
        yield None, "absent"
    if rule.gates.lasting is not None:
        yield None, "for"
    if rule.sequel is not None:
        yield None, rule.sequel.gate
    yield from ((None, gate) for gate in _further(rule.gates))
    for action in rule.actions:
        if action.enabled and action.gates.lasting is not None:
            yield action.name, "for"
        if action.enabled:
            yield from ((action.name, gate) for gate in _further(action.gates))


def _further(gates: Gates) -> Iterator[str]:
    """All but `for`."""
    if gates.after is not None:
        yield "after"
    yield from (hours.gate for hours in gates.hours)
    if gates.throttle is not None:
        yield "throttle"
    if gates.mode is not None:
        yield "mode"


def _uses(row: Row) -> Iterator[_Use]:
    """The gates that a match came to. One that made it wait has let it go on if anything came
    after that."""
    for place, verdict in enumerate(row.gates, 1):
        has_held = place == len(row.gates) and verdict["reason"] == row.reason
        action = verdict["action"]
        for gate in _named(verdict):
            yield row.event_id, row.at, str(action) if action else None, gate, not has_held


def _named(verdict: Verdict) -> tuple[str, ...]:
    """Where it is time, one verdict speaks for both gates of hours."""
    gate = str(verdict["gate"])
    return _HOURS if gate in _HOURS and verdict["reason"] is None else (gate,)
