"""Conservation: per rule and action, matched = fired + waiting + all others (rules.md §3)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reactor.model.gates import Phase
from reactor.model.match import Reason
from reactor.model.rule import Rule
from tests.conformance.reference_values import Match, Row, Said, Sent


class Waiting(NamedTuple):
    """A row that waits."""

    event: str
    key: str
    action: str


class Ledger:
    """What matched, counted by looking at the events alone; and what became of it, as rows say.
    What timers fired without an event is not counted, but must not be lost either."""

    def __init__(self) -> None:
        self._matched = Counter[str]()
        self._became: dict[str, Counter[Reason]] = defaultdict(Counter)
        self._waiting = Counter[Waiting]()

    def heard(self, rule: Rule, event: Sent) -> None:
        """An event that is about to be decided."""
        is_match = rule.match.evaluate(event.record) is True
        if rule.enabled and rule.absent is None and is_match:
            self._matched.update(action.name for action in rule.actions if action.enabled)

    def enter(self, rule: Rule, said: Said) -> None:
        """Count what a step brought."""
        ends = sum(part.phase is Phase.RESOLVED for part in said.parts)
        tell = [each.name for each in rule.actions if each.enabled and Phase.RESOLVED in each.when]
        self._matched.update(dict.fromkeys(tell, ends))
        for row in said.rows:
            self._enter(row)
        self._expire_others({action.name for action in rule.actions if action.enabled})

    def fault(self, kept: Iterable[tuple[Match, str]]) -> str | None:
        """What is wrong. `kept` are the matches that gates keep, each with the action that it is
        kept for, or none for all of the rule."""
        known = {(match.id, match.key, action) for match, action in kept}
        lost = [row for row in self._waiting if not {row, row._replace(action="")} & known]
        if lost:
            return f"nothing keeps what waits: {lost}"
        became = {name: counts.total() for name, counts in self._became.items()}
        wrong = [name for name, matched in self._matched.items() if matched != became.get(name, 0)]
        return (
            f"conservation: {self._matched} matched, {self._became} came of it" if wrong else None
        )

    def _expire_others(self, present: set[str]) -> None:
        """As the journal does when rules are taken up: nothing waits for an action that is gone."""
        for row in [each for each in self._waiting.elements() if each.action not in present]:
            self._settle(row, Reason.EXPIRED)

    def _enter(self, row: Row) -> None:
        if not row.settles:
            self._count(Waiting(row.event, row.key, row.action or ""), row.reason)
            return
        rows = self._meant(row)
        if not rows and row.action:  # a reload brought the action while its rule was waiting
            self._matched[row.action] += bool(row.event)
            self._count(Waiting(row.event, row.key, row.action), row.reason)
        for each in rows:
            self._settle(each, row.reason)

    def _meant(self, row: Row) -> Sequence[Waiting]:
        same = [each for each in self._waiting if each[:2] == (row.event, row.key)]
        return [each for each in same if row.action in (None, each.action)]

    def _settle(self, row: Waiting, reason: Reason) -> None:
        self._waiting -= Counter([row])
        self._became[row.action][Reason.WAITING] -= bool(row.event)
        self._count(row, reason)

    def _count(self, row: Waiting, reason: Reason) -> None:
        self._became[row.action][reason] += bool(row.event)
        if reason is Reason.WAITING:
            self._waiting[row] += 1
