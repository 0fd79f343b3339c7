"""Doubts: what in the conditions of a rule can never be true (rules.md §2).

Only what is certain is told, beside names that are nearly an operator's. What an event can be is
certain when every source that the rule hears says what it sends. A rule of a file without sources
is taken for one of a platform when its `type` names objects of that alone, and is warned of only
where something near must be meant.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from reactor.config.conjunction import Conjunction, Field, conjunction
from reactor.config.course import matched_by
from reactor.config.misnomers import Doubt, fact_alone, is_text, misnomer, no_operator
from reactor.config.node import Items, Node, Problems, Scalar, Table
from reactor.config.span import comparisons, is_number
from reactor.config.spelling import near
from reactor.config.values import shown, value_of
from reactor.config.world import World, world_of
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.platform import FLAGS, NAMES, NUMBERS, OBJECT_SHAPES, SHAPED, STATES, Shape

_MOST_LISTED = 12
# The operators that can hold for an object.
_OF_ANYTHING = ("exists", "not", "field", "from", "to")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def warn_of_doubts(
    rule: Node, sources: Mapping[str, Collection[Shape]], problems: Problems
) -> None:
    """Warn of what can never hold in the conditions of a rule without mistakes.

    `sources` are those of the file, and what the frames of each can be; nothing if nobody knows.
    """
    match = matched_by(rule) if isinstance(rule, Table) else None
    if not isinstance(rule, Table) or not isinstance(match, Table):
        return
    heard = _heard(rule, sources) if sources else _seeming(match)
    doubts = _Doubts(problems, is_known=bool(heard), is_sure=bool(sources))
    world = world_of(heard)
    matched = doubts.tell(match, world)
    for node in _further(rule):
        doubts.tell(node, matched)
    for node in _of_others(rule):
        doubts.tell(node, world)


def _heard(rule: Table, sources: Mapping[str, Collection[Shape]]) -> tuple[Shape, ...]:
    """What can come from the sources that a rule hears."""
    names = [str(each.value) for each in _each(rule, "source") if isinstance(each, Scalar)]
    shapes = [sources[name] for name in names or sources]
    return tuple(chain.from_iterable(shapes)) if all(shapes) else ()


def _seeming(match: Table) -> tuple[Shape, ...]:
    """What a platform sends, if the condition names types of its objects."""
    types = [each.value if isinstance(each, Scalar) else None for each in _each(match, "type")]
    return OBJECT_SHAPES if types and all(each in STATES for each in types) else ()


def _further(rule: Table) -> Iterator[Table]:
    """`unless`, and `if` of each action: what is asked of an event that matches."""
    owners = [each for each in _each(rule, "actions") if isinstance(each, Table)]
    nodes = [value_of(rule, "unless"), *(value_of(each, "if") for each in owners)]
    return (node for node in nodes if isinstance(node, Table))


def _of_others(rule: Table) -> Iterator[Table]:
    """What is asked of events beside the one that matches."""
    owners = [value_of(rule, key) for key in ("then", "not_then", "resolve")]
    nodes = [value_of(each, "match") for each in owners if isinstance(each, Table)]
    return (node for node in nodes if isinstance(node, Table))


def _each(table: Table, key: str) -> tuple[Node, ...]:
    """The items behind a key, or the one value."""
    node = value_of(table, key)
    if node is None:
        return ()
    return node.items if isinstance(node, Items) else (node,)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """The doubts of one rule. `is_known`: what its events can be; `is_sure`: by its sources."""

    problems: Problems
    is_known: bool
    is_sure: bool

    def tell(self, node: Table, world: World) -> World:
        """Warn of a condition that is asked of events of `world`; what is left when it holds."""
        asked = conjunction(node)
        for each in asked.everything():
            self._warn(no_operator(each) or (misnomer(each) if self.is_known else None))
        return self._narrow(asked, world)

    def _narrow(self, asked: Conjunction, world: World) -> World:
        for each in sorted(asked.fields, key=_turn):
            for node in each.alternatives:
                self._look_at(each, node, world)
            if self.is_known:
                self._warn(fact_alone(each, world.shapes))
                world = (world.where(each, each.alternatives) or world).counted(each)
        for branch in asked.branches:
            self._narrow(branch, world)
        return world

    def _look_at(self, asked: Field, node: Node, world: World) -> None:
        """Warn if the field can never be as `node`, one of the alternatives, asks."""
        beyond = _beyond(asked, node, world)
        if beyond:  # certain, whatever the event
            self.problems.warn(beyond.place, beyond.message)
        elif self.is_known:
            self._warn(
                _of_other_type(asked, node)
                or _of_an_object(asked, node)
                or _to_the_letter(asked, node)
                or _unheard(asked, node, world)
            )

    def _warn(self, doubt: Doubt | None) -> None:
        if doubt and (doubt.meant or self.is_sure):
            hint = f"did you mean {doubt.meant}?" if doubt.meant else doubt.hint
            self.problems.warn(doubt.place, doubt.message, hint)


def _turn(asked: Field) -> int:
    """What chooses the events comes first: it is the rest that does not go with it."""
    return SHAPED.index(asked.name) if asked.name in SHAPED else len(SHAPED)


def _beyond(asked: Field, node: Node, world: World) -> Doubt | None:
    """Comparisons that no number fits."""
    span = world.span(asked)
    for sign, number, operand in comparisons(node):
        span = span.cut(sign, number)
        if span.is_empty:
            return Doubt(operand.place, f"no number is {span}")
    return None


def _of_other_type(asked: Field, node: Node) -> Doubt | None:
    """A plain value of another type than that of the field: a text for a number."""
    if not isinstance(node, Scalar) or node.value is None:
        return None
    if asked.names in FLAGS and not isinstance(node.value, bool):
        return Doubt(node.place, f"'{asked.name}' is true or false, never {shown(node)}")
    if asked.names in NUMBERS and not is_number(node.value):
        is_quoted = isinstance(node.value, str) and _NUMBER.fullmatch(node.value)
        meant = str(node.value) if is_quoted else None
        return Doubt(node.place, f"'{asked.name}' is a number, never {shown(node)}", meant)
    if is_text(asked.names) and not isinstance(node.value, str):
        meant = f'"{shown(node)}"'
        return Doubt(node.place, f"'{asked.name}' is a text, never {shown(node)}", meant)
    return None


def _of_an_object(asked: Field, node: Node) -> Doubt | None:
    """An operator on an object, where it is the name of that which is meant."""
    if asked.path not in PLATFORM_OBJECTS or not isinstance(node, Table):
        return None
    never = [key for key in node.entries if key not in _OF_ANYTHING]
    if not never:
        return None
    message = f"'{asked.path}' is an object, which '{never[0]}' never fits"
    return Doubt(node.entries[never[0]].key_place, message, f"'{asked.path}.name'")


def _to_the_letter(asked: Field, node: Node) -> Doubt | None:
    """A pattern that stands where a name does."""
    is_object = asked.path in PLATFORM_OBJECTS
    if not is_object and asked.names not in NAMES:
        return None
    if not isinstance(node, Scalar) or "*" not in str(node.value):
        return None
    path = f"{asked.path}.name" if is_object else asked.name
    message = f"no {path} has a '*' in it"
    return Doubt(node.place, message, f"{path}: {{glob: {shown(node)}}}")


def _unheard(asked: Field, node: Node, world: World) -> Doubt | None:
    """A value that the field has in no event of this world."""
    if world.where(asked, (node,)) is not None:
        return None
    values = world.values(asked.name)
    listed = f"there are: {', '.join(values)}" if 0 < len(values) <= _MOST_LISTED else None
    if not isinstance(node, Scalar):
        return Doubt(node.place, f"no {world} has a {asked.name} that fits", hint=listed)
    meant = near(node.value, values) if isinstance(node.value, str) else None
    message = f"no {world} has the {asked.name} {shown(node)}"
    return Doubt(node.place, message, f"'{meant}'" if meant else None, listed)
