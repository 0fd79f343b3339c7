"""What a parsed condition and a parsed path can be asked; the engine has their kinds."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from reactor.model.event import Record
from reactor.model.lookup import Reference
from reactor.model.match import Truth


class Condition(Protocol):
    """A parsed `match`, `unless` or `if`."""

    def evaluate(self, record: Record) -> Truth:
        """True, False or None for unknown. Never raises, whatever the event."""

    def lacks(self, record: Record) -> bool:
        """Whether it is unknown for want of a field of `record.unknown`; False when it is not
        unknown."""

    def may_be(self, record: Record, *, wanted: bool) -> bool:
        """Whether it is `wanted`, or could be if what was not looked up were this or that, and what
        `record.previous` does not tell yet."""

    def references(self) -> Iterator[Reference]:
        """The fields of platform objects that it speaks of."""


class Path(Protocol):
    """A parsed field path or JSONPath."""

    @property
    def text(self) -> str:
        """As the rule file writes it."""

    def find(self, fields: Mapping[str, object]) -> object:
        """The value, or `engine.selector.MISSING`."""

    def references(self) -> Iterator[Reference]:
        """The fields of platform objects that it can lead to."""
