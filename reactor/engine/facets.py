"""Facets: fields about which many rules ask the same few questions, such as `type` and `state`.

Two values of a facet that answer all of its questions alike are of one class. There are as many
classes as the rules tell values apart, however many values events come with: a thousand states that
no rule names are one class. The facets' classes of an event's values are its cell.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from reactor.engine.operators import IsNot, Operator
from reactor.engine.selector import MISSING, DottedPath
from reactor.engine.tables import MOST_LETTERS, Kind, Look, kind_of, table
from reactor.model.condition import Path
from reactor.model.event import Record

MOST_VALUES = 8_192
"""Values of a facet whose class is kept; then all are forgotten."""

MOST_BITS = 1 << 29
"""What the sets of cases that the classes of a facet leave may take: 64 MiB."""

Field = tuple[str, Callable[[Mapping[str, object]], object] | None]
"""Where a value is: under a name at the top of the event, or where a function finds it."""

_NOWHERE = Record({}, platform=False)  # a question about one value looks at no other field


def field_of(path: Path) -> Field:
    """The same as `path`, with no call for what is at the top of the event."""
    if isinstance(path, DottedPath) and len(path.names) == 1:
        return path.names[0], None
    return "", path.find


class Answers:
    """All that is true of a value: what the tables tell, the contrary of what they tell for `not`,
    and the rest asked one by one."""

    def __init__(self, path: Path, operators: Mapping[int, Operator]) -> None:
        kinds: dict[Kind, dict[int, Operator]] = {}
        others: dict[int, Operator] = {}
        for number, operator in operators.items():
            kind = kind_of(path, operator)
            (others if kind is None else kinds.setdefault(kind, {}))[number] = operator
        self._looks = [table(kind, members) for kind, members in kinds.items()]
        self._contrary = {
            number: operator.operand
            for number, operator in others.items()
            if isinstance(operator, IsNot) and kind_of(path, operator.operand) is Kind.EQUAL
        }
        self._denied: Look = table(Kind.EQUAL, self._contrary)
        self._rest = {n: each for n, each in others.items() if n not in self._contrary}
        self._absent = frozenset(n for n, each in operators.items() if each.absent is True)

    def of(self, value: object) -> frozenset[int]:
        """The questions that hold for this value, or for its absence."""
        if value is MISSING:
            return self._absent
        found = {number for look in self._looks for number in look(value)}
        found.update(self._contrary.keys() - self._denied(value))
        found.update(n for n, each in self._rest.items() if each.test(value, _NOWHERE) is True)
        return frozenset(found)


class Classes(dict[object, int]):
    """From a value to its class, found out when it is first asked for. A value that cannot be a key
    raises TypeError.

    To a dict true is 1 and false is 0, but rules tell them apart: these stand under a pair, which
    no value of an event is.
    """

    def __init__(self, class_of: Callable[[object], int]) -> None:
        super().__init__()
        self._class_of = class_of

    def __missing__(self, value: object) -> int:
        key = (value.__class__, value) if value in (0, 1) else value
        found = self.get(key)
        if found is None:
            found = self._class_of(value)
            if len(self) >= MOST_VALUES:
                self.clear()
            if not isinstance(value, str) or len(value) <= MOST_LETTERS:
                self[key] = found
        return found


class Facet:
    """A field whose questions sort the cases: it knows which cases each class of values leaves.

    `sorts` are the cases by the question that they ask, `silent` those that ask nothing of this
    field. Sets of cases are integers, whose bits are the numbers of the cases.
    """

    def __init__(
        self,
        path: Path,
        operators: Mapping[int, Operator],
        sorts: Mapping[int, Sequence[int]],
        silent: Sequence[int],
    ) -> None:
        self.path, self.field = path, field_of(path)
        self.classes = Classes(self.class_of)
        self.silent = bits(silent)
        self._answers = Answers(path, operators)
        self._sorts = sorts
        self._numbers: dict[frozenset[int], int] = {}
        self._left: list[int] = []
        self._bits = 0

    def class_of(self, value: object) -> int:
        """The number of the value's class. Never raises."""
        held = self._answers.of(value)
        if held not in self._numbers:
            left = self.silent | bits(case for each in held for case in self._sorts[each])
            self._numbers[held] = len(self._left)
            self._left.append(left)
            self._bits += left.bit_length()
        return self._numbers[held]

    def is_full(self) -> bool:
        """Whether there are as many classes as may be."""
        return self._bits >= MOST_BITS

    def left_by(self, class_: int) -> int:
        """The cases that a class leaves: their question holds, or they have none."""
        return self._left[class_]

    def forget(self) -> None:
        """Begin anew: classes get other numbers."""
        self.classes.clear()
        self._numbers.clear()
        self._left.clear()
        self._bits = 0


def bits(members: Iterable[int]) -> int:
    """A set as an integer whose bits are its members."""
    listed = list(members)
    found = bytearray(max(listed, default=0) // 8 + 1)
    for member in listed:
        found[member >> 3] |= 1 << (member & 7)
    return int.from_bytes(found, "little")


def members(of: int) -> list[int]:
    """The members of a set that is an integer's bits, ascending."""
    found = []
    for place, byte in enumerate(of.to_bytes((of.bit_length() + 7) // 8, "little")):
        if byte:
            found += [8 * place + bit for bit in range(8) if byte >> bit & 1]
    return found
