"""What an event can still be when some conditions hold of it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reactor.config.conditions import parse_condition
from reactor.config.conjunction import Field
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.config.span import Span, comparisons
from reactor.model.event import Record
from reactor.model.platform import FACT_VALUES, NUMBERS, Shape

_Fits = Callable[[str | None], bool]

_MOST_SAID = 3


@dataclass(frozen=True, slots=True)
class World:
    """The events of which some conditions hold: what they can be, nothing where nobody knows; the
    fields that the conditions chose by; and the numbers that are left for facts, by their names."""

    shapes: tuple[Shape, ...] = ()
    chosen: tuple[str, ...] = ()
    spans: Mapping[tuple[str, ...], Span] = field(default_factory=dict)

    def where(self, asked: Field, alternatives: Collection[Node]) -> "World | None":
        """The part of it where a field is as one of the alternatives asks; None if nowhere."""
        if not self.shapes or asked.name not in self.shapes[0]:
            return self
        shapes = tuple(_fitting(self.shapes, asked.name, _fits(asked, alternatives)))
        if not shapes:
            return None
        if asked.name == "type" and not all(shape["state"] for shape in shapes):
            return replace(self, shapes=())
        return replace(self, shapes=shapes, chosen=(*self.chosen, asked.name))

    def values(self, name: str) -> tuple[str, ...]:
        """What a field of SHAPED or FACT_VALUES can be, if it is there."""
        every = dict.fromkeys(value for shape in self.shapes for value in shape[name])
        return tuple(value for value in every if value is not None)

    def span(self, asked: Field) -> Span:
        """The numbers that are left for a field."""
        return self.spans.get(asked.names, Span())

    def counted(self, asked: Field) -> "World":
        """The part of it where a fact that is a number, and so no list of several, is as asked; all
        of it if that is nothing."""
        if asked.names not in NUMBERS or isinstance(asked.value, Items):
            return self
        span = self.span(asked)
        for sign, number, _ in comparisons(asked.value):
            span = span.cut(sign, number)
        return self if span.is_empty else replace(self, spans={**self.spans, asked.names: span})

    def __str__(self) -> str:
        """`event of type container`: what the conditions have chosen."""
        said = {name: self.values(name) for name in self.chosen}
        if any(len(values) > _MOST_SAID for values in said.values()):
            return "such event"
        parts = [f"{name} {' or '.join(values)}" for name, values in said.items()]
        return f"event of {' and '.join(parts)}" if parts else "event"


def world_of(shapes: Iterable[Shape]) -> World:
    """All events of these shapes."""
    return World(tuple({**FACT_VALUES, **shape} for shape in shapes))


def _fitting(shapes: Iterable[Shape], name: str, fits: _Fits) -> Iterator[Shape]:
    for shape in shapes:
        values = tuple(filter(fits, shape[name]))
        if values:
            yield {**shape, name: values}


def _fits(asked: Field, alternatives: Iterable[Node]) -> _Fits:
    """Whether a field with this value, None for a field that is not there, is as it is asked."""
    plain, others = set[object](), []
    for node in alternatives:
        if isinstance(node, Scalar):
            plain.add(node.value)
        else:
            others.append(_test(asked, node))
    plain.discard(None)  # null is a value, and no field of a shape has it
    if not others:  # by far the most
        return plain.__contains__
    return lambda value: value in plain or any(fits(value) for fits in others)


def _test(asked: Field, node: Node) -> _Fits:
    """The same of operators."""
    entry = Entry(key_place=node.place, value=node)
    condition = parse_condition(Table(place=node.place, entries={asked.path: entry}), Problems())

    def fits(value: str | None) -> bool:
        # Unknown is not no: it may ask for another field, which is missing here.
        record = Record({} if value is None else _laid(asked.names, value), platform=True)
        truth = condition.evaluate(record) if condition else None
        return truth is True or (truth is None and value is not None)

    return fits


def _laid(names: tuple[str, ...], value: str) -> dict[str, object]:
    """The fields of an event in which the names lead to the value."""
    *above, last = names
    laid: dict[str, object] = {last: value}
    for name in reversed(above):
        laid = {name: laid}
    return laid
