"""The compiled matcher: which of many conditions hold, without asking each of them.

It gives exactly what the conditions' own `evaluate` gives. Conditions are taken apart into cases
(questions.py) and counted (catalog.py). A few facets (facets.py) sort events into cells: all events
of one cell leave the same few cases. Some of these are decided by that already. Each other one has
an anchor, its most selective question, and is looked at when a table (tables.py) tells that the
anchor holds; only then are the questions that are left asked one by one. A cell is made when its
first event comes. An example is in architecture.md, Matching.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_

from reactor.engine.catalog import MOST_FACETS, Asked, Catalog, catalog
from reactor.engine.condition import Test, trackers
from reactor.engine.facets import Facet, Field, field_of, members
from reactor.engine.operators import Operator
from reactor.engine.questions import Case, Question
from reactor.engine.selector import MISSING, DottedPath
from reactor.engine.tables import PROOF, Kind, Look, Numbers, table
from reactor.model.condition import Condition
from reactor.model.event import Record

MOST_CELLS = 16_384
MOST_IN_CELLS = 1_000_000
"""Cells that are kept, and cases in them; then all are forgotten and made anew as events come."""

_Ask = Callable[[Question, Record], bool]
_NO_FIELD = DottedPath("", ("",))


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A case as it is looked at within a cell: the `position` of its condition, the question that
    finds it, if any, and the questions that are left to be asked then."""

    position: int
    anchor: int | None
    left: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """What is left to do for the events of one cell. `held` are the positions of conditions that
    hold already. `anchored` has leaves by the question that finds them, `looks` are the fields and
    tables that tell which questions hold, `others` are leaves that nothing finds."""

    held: tuple[int, ...]
    anchored: Mapping[int, Sequence[_Leaf]]
    looks: tuple[tuple[Field, Look], ...]
    others: tuple[_Leaf, ...]


Find = Callable[[Record], Sequence[int]]
"""From a record to positions of conditions, ascending. Never raises."""


class Matcher:
    """Conditions, compiled. Not for several threads: it remembers what it met.

    `holding` finds the conditions that are true of a record; `possible` those that are, or could be
    if what `record.unknown` names were this or that, and what `record.previous` does not tell yet.
    """

    holding: Find
    possible: Find

    def __init__(
        self,
        conditions: Sequence[Condition],
        *,
        most_cells: int = MOST_CELLS,
        most_in_cells: int = MOST_IN_CELLS,
    ) -> None:
        self._conditions = tuple(conditions)
        limits = most_cells, most_in_cells
        certain = _Index(self._conditions, Question.holds, lambda _: True, limits)
        self.holding = self.possible = self._certain = self._maybe = certain.finder()
        self._looks_back = any(True for each in conditions for _ in trackers(each))
        if self._looks_back or any(True for each in conditions for _ in each.references()):
            # What a lookup may still tell cannot be looked for: these questions are asked.
            maybe = _Index(self._conditions, Question.may_hold, _is_of_frame, limits)
            self._maybe = maybe.finder()
            self.holding, self.possible = self._find_holding, self._find_possible

    def _find_holding(self, record: Record) -> Sequence[int]:
        if not record.unknown:
            return self._certain(record)
        possible = self._maybe(record)
        return [each for each in possible if self._conditions[each].evaluate(record) is True]

    def _find_possible(self, record: Record) -> Sequence[int]:
        is_open = record.unknown or (self._looks_back and record.previous is None)
        return self._maybe(record) if is_open else self._certain(record)


def _is_of_frame(test: Test) -> bool:
    return next(test.references(), None) is None


class _Index:
    """One way to ask: for what holds for certain, or for what may hold."""

    def __init__(
        self,
        conditions: Sequence[Condition],
        ask: _Ask,
        may_find: Callable[[Test], bool],
        limits: tuple[int, int],
    ) -> None:
        self._ask = ask
        self._most_cells, self._most_in_cells = limits
        known = catalog(conditions, may_find)
        facets = known.facets()
        self._facets = _sorting(facets, known)
        self._leaves = _leaves(facets, known)
        self._looks = _looks(known, self._leaves)
        unsorted = reduce(and_, (facet.silent for facet in self._facets))
        self._sorted = ~unsorted
        self._everywhere = _gathered([self._leaves[each] for each in members(unsorted)])
        self._cells: dict[tuple[int, ...], _Cell] = {}
        self._in_cells = 0

    def finder(self) -> Find:
        """The hot path. Everything in it is written out, and what it needs is at hand: a loop over
        the facets, or an attribute of an object, would cost as much as looking up a state."""
        one, two, three, four = self._facets
        (name1, deep1), (name2, deep2) = one.field, two.field
        (name3, deep3), (name4, deep4) = three.field, four.field
        classes1, classes2 = one.classes, two.classes
        classes3, classes4 = three.classes, four.classes
        cells, cell_of, follow, try_ = self._cells, self._cell_of, self._follow, self._try

        def find(record: Record) -> Sequence[int]:
            fields = record.fields
            get = fields.get
            try:
                cell = cells[
                    classes1[deep1(fields) if deep1 else get(name1, MISSING)],
                    classes2[deep2(fields) if deep2 else get(name2, MISSING)],
                    classes3[deep3(fields) if deep3 else get(name3, MISSING)],
                    classes4[deep4(fields) if deep4 else get(name4, MISSING)],
                ]
            except (KeyError, TypeError):  # a new cell, or a value that no dict can be asked for
                cell = cell_of(fields)
            found: list[int] = []
            for (name, deep), look in cell.looks:
                if numbers := look(deep(fields) if deep else get(name, MISSING)):
                    follow(numbers, cell, record, found)
            if cell.others:
                try_(cell.others, record, found)
            return sorted({*cell.held, *found}) if found else cell.held

        return find

    def _follow(self, numbers: Numbers, cell: _Cell, record: Record, found: list[int]) -> None:
        """Try what these questions lead to."""
        everywhere, here = self._everywhere.anchored, cell.anchored
        for number in numbers if len(numbers) == 1 else set(numbers):
            if number in everywhere:
                self._try(everywhere[number], record, found)
            if number in here:
                self._try(here[number], record, found)

    def _try(self, leaves: Iterable[_Leaf], record: Record, found: list[int]) -> None:
        """Ask what is left to be asked."""
        for leaf in leaves:
            for question in leaf.left:
                if not self._ask(question, record):
                    break
            else:
                found.append(leaf.position)

    def _cell_of(self, fields: Mapping[str, object]) -> _Cell:
        """The cell of an event, made if it is new."""
        if self._is_full():
            self._forget()
        key = tuple(facet.class_of(facet.path.find(fields)) for facet in self._facets)
        if key not in self._cells:
            self._cells[key] = self._cell(key)
        return self._cells[key]

    def _cell(self, key: tuple[int, ...]) -> _Cell:
        left = self._sorted
        for facet, class_ in zip(self._facets, key, strict=True):
            left &= facet.left_by(class_)
        leaves = [self._leaves[each] for each in members(left)]
        self._in_cells += len(leaves)
        own, all_ = _gathered(leaves), self._everywhere
        asked = own.anchored.keys() | all_.anchored.keys()
        return _Cell(
            held=tuple(sorted({*own.held, *all_.held})),
            anchored=own.anchored,
            looks=tuple(look for questions, look in self._looks if not questions.isdisjoint(asked)),
            others=(*own.others, *all_.others),
        )

    def _is_full(self) -> bool:
        """Whether a limit is reached."""
        full = len(self._cells) >= self._most_cells or self._in_cells >= self._most_in_cells
        return full or any(facet.is_full() for facet in self._facets)

    def _forget(self) -> None:
        """Keep within the limits: what is met again is worked out again."""
        self._cells.clear()
        self._in_cells = 0
        for facet in self._facets:
            facet.forget()


def _sorting(facets: Sequence[Asked], known: Catalog) -> tuple[Facet, ...]:
    """The facets, always four of them: those that are missing tell nothing apart."""
    missing = MOST_FACETS - len(facets)
    asked = [*facets, *(Asked(_NO_FIELD) for _ in range(missing))]
    return tuple(_facet(each, known) for each in asked)


def _facet(asked: Asked, known: Catalog) -> Facet:
    """A facet knows by which question it sorts each case: by the first that the case asks of it."""
    sorts: dict[int, list[int]] = {number: [] for number in asked.operators}
    silent = []
    for case, (_, numbers) in enumerate(known.cases):
        first = asked.first(numbers)
        if first is None:
            silent.append(case)
        else:
            sorts[first].append(case)
    return Facet(asked.path, asked.operators, sorts, silent)


def _leaves(facets: Sequence[Asked], known: Catalog) -> tuple[_Leaf, ...]:
    """The cases, without the questions by which facets sort them."""
    leaves = []
    for position, numbers in known.cases:
        left = list(numbers)
        for asked in facets:
            if (first := asked.first(numbers)) is not None:
                left.remove(first)
        anchor = known.anchor(left)
        to_ask = tuple(
            known.questions[each] for each in left if not _is_proved(each, anchor, known)
        )
        leaves.append(_Leaf(position, anchor, to_ask))
    return tuple(leaves)


def _is_proved(number: int, anchor: int | None, known: Catalog) -> bool:
    """Whether the question needs not be asked when the anchor is found."""
    if number != anchor:
        return False
    found = known.findable(number)
    return found is not None and found[2] in PROOF


def _looks(
    known: Catalog, leaves: Iterable[_Leaf]
) -> tuple[tuple[frozenset[int], tuple[Field, Look]], ...]:
    """A table for each field and kind of question that is an anchor, with what it can find."""
    tables: dict[tuple[str, Kind], dict[int, Operator]] = {}
    for number in {leaf.anchor for leaf in leaves if leaf.anchor is not None}:
        if found := known.findable(number):
            name, operator, kind = found
            tables.setdefault((name, kind), {})[number] = operator
    return tuple(
        (frozenset(operators), (field_of(known.fields[name].path), table(kind, operators)))
        for (name, kind), operators in tables.items()
    )


def _gathered(leaves: Iterable[_Leaf]) -> _Cell:
    """A cell of these leaves alone."""
    held, anchored, others = set[int](), dict[int, list[_Leaf]](), []
    for leaf in leaves:
        if leaf.anchor is not None:
            anchored.setdefault(leaf.anchor, []).append(leaf)
        elif leaf.left:
            others.append(leaf)
        else:
            held.add(leaf.position)
    return _Cell(held=tuple(sorted(held)), anchored=anchored, looks=(), others=tuple(others))
