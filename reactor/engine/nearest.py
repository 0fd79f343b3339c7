"""The nearest miss: how far a rule is from matching an event, and which tests keep it from it."""

from dataclasses import dataclass
from itertools import chain

from reactor.engine.explain import Explained, Kind, explain
from reactor.engine.normalize import record_of
from reactor.engine.plan import miss
from reactor.model.event import Event, Record
from reactor.model.match import Reason, Truth
from reactor.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Blocker:
    """A test, and what it would have to say instead."""

    test: Explained
    becomes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a rule says of one event, which is of `source`. `reason` is why it does not match, None
    if it does; `blockers` are the fewest tests of `match` and `unless` that would have to say
    something else."""

    rule: Rule
    source: str
    reason: Reason | None
    match: Explained
    unless: Explained | None
    blockers: tuple[Blocker, ...]

    @property
    def truth(self) -> Truth:
        """That of `match` and not `unless`, whatever else keeps the rule from matching."""
        held_back = False if self.unless is None else self.unless.truth
        if self.match.truth is False or held_back is True:
            return False
        return None if held_back is None else self.match.truth

    @property
    def distance(self) -> tuple[int, int]:
        """For sorting: first the rules that match, then by the number of blockers, last those that
        no change of the event's fields would make match."""
        is_out = self.reason in (Reason.DISABLED, Reason.OTHER_SOURCE)
        return (2 if is_out else 0 if self.reason is None else 1), len(self.blockers)


def explain_rule(rule: Rule, event: Event, record: Record | None = None) -> Explanation:
    """What a rule says of an event; `record` is what it saw of it, where that is more than the
    event tells. Never raises."""
    record = record or record_of(event)
    match = explain(rule.match, record, event.unknown)
    unless = explain(rule.unless, record, event.unknown) if rule.unless else None
    return Explanation(
        rule=rule,
        source=event.source,
        reason=miss(rule, event, record),
        match=match,
        unless=unless,
        blockers=blockers(match) + (blockers(unless, becomes=False) if unless else ()),
    )


def blockers(explained: Explained, *, becomes: bool = True) -> tuple[Blocker, ...]:
    """The fewest tests whose truth would have to change for the whole to become true, or false.

    Each test counts by itself: two that ask the same of one field are two.
    """
    if explained.kind is Kind.NOT:
        return blockers(explained.parts[0], becomes=not becomes)
    if explained.kind is Kind.TEST:
        return () if explained.truth is becomes else (Blocker(explained, becomes),)
    each = [blockers(part, becomes=becomes) for part in explained.parts]
    if becomes is (explained.kind is Kind.ALL):
        return tuple(chain(*each))
    return min(each, key=len, default=())
