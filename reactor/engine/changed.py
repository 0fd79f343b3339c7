"""The operator `{from: A, to: B}`: what a field was before, and is now (rules.md §2)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from reactor.engine.operators import AllOf, IsNot, OneOf, Operator, both, of_all, same
from reactor.engine.selector import MISSING
from reactor.model.condition import Path
from reactor.model.event import Record, Tracker
from reactor.model.lookup import Reference
from reactor.model.match import Truth


@dataclass(frozen=True, slots=True)
class Changed:
    """The field had `before` at the last event that had it, and has `after` now.

    Where one of the two is left out (None), the value has to be another one than it was: `to: B`
    alone asks for a change to B, `from: A` alone for a change from A to whatever else. With both a
    value that stays what it was can hold, if it is A and B at once. Unknown as long as no earlier
    event is known to have had the field, unless `after` alone makes it false.
    """

    tracker: Tracker
    before: Operator | None
    after: Operator | None
    name: ClassVar[str] = "changed"
    absent: ClassVar[Truth] = None

    @property
    def operand(self) -> Mapping[str, Operator]:
        """What was given, by the keys of the rule file."""
        ends = {"from": self.before, "to": self.after}
        return {key: end for key, end in ends.items() if end is not None}

    def test(self, value: object, record: Record) -> Truth:
        """As above. What it was is found in `record.previous`."""
        was = self.was(record)
        return both(
            (
                True if self.after is None else self.after.test(value, record),
                self._held(was, record),
                self._differs(value, was),
            )
        )

    def was(self, record: Record) -> object:
        """The value at the last event that had the field, MISSING if none is known."""
        return MISSING if record.previous is None else record.previous.get(self.tracker, MISSING)

    def _held(self, was: object, record: Record) -> Truth:
        if self.before is None:
            return True
        return None if was is MISSING else self.before.test(was, record)

    def _differs(self, value: object, was: object) -> Truth:
        if self.before is not None and self.after is not None:
            return True
        return None if was is MISSING else not same(value, was)

    def references(self, path: Path) -> Iterator[Reference]:
        """Those of the path, and of what is asked of it."""
        return chain(path.references(), of_all(self.operand.values(), path))


def tracked(operator: Operator) -> Iterator[Tracker]:
    """The fields of which an operator asks what they were before."""
    match operator:
        case Changed():
            yield operator.tracker
        case IsNot():
            yield from tracked(operator.operand)
        case OneOf() | AllOf():
            for part in operator.operand:
                yield from tracked(part)
