"""The mixes that matching is measured with, and how each is known to be matched rightly."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from bench.hard import hard_match
from bench.mix import mixed_frames, mixed_match
from bench.nested import nested_frames, nested_match
from bench.process import BenchFailed
from reactor.config.conditions import parse_condition
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.engine.index import Matcher
from reactor.model.condition import Condition
from reactor.model.event import Record
from reactor.model.problem import Place

decode = msgspec.json.Decoder().decode
"""As the pipeline decodes, without its limits on what may be an event."""

_PLACE = Place("bench", 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Rules and events. `match` writes what the rule of a number asks for, by what chance says;
    `frames` makes the events of a run."""

    name: str
    match: Callable[[random.Random, int], dict[str, object]]
    frames: Callable[[], list[bytes]]

    def conditions(self, count: int) -> list[Condition]:
        """Those of so many rules, as a rule file would give them."""
        chance = random.Random(1)
        return [_parsed(self.match(chance, number)) for number in range(count)]


MIXED = Mix(name="mix", match=mixed_match, frames=partial(mixed_frames, 20_000))
HARD = Mix(name="hard mix", match=hard_match, frames=partial(mixed_frames, 1_000))
NESTED = Mix(name="nested mix", match=nested_match, frames=partial(nested_frames, 500))


def _parsed(match: dict[str, object]) -> Condition:
    problems = Problems()
    condition = parse_condition(_node(match), problems)
    if condition is None:
        raise BenchFailed(f"no condition: {match}: {problems.found}")
    return condition


def _node(value: object) -> Node:
    """The node that a rule file has for this."""
    if isinstance(value, dict):
        entries = {key: Entry(key_place=_PLACE, value=_node(each)) for key, each in value.items()}
        return Table(place=_PLACE, entries=entries)
    if isinstance(value, list):
        return Items(place=_PLACE, items=tuple(map(_node, value)))
    assert value is None or isinstance(value, str | int | float)
    return Scalar(place=_PLACE, value=value)


def record(raw: bytes) -> Record:
    """What rules see of a frame."""
    return Record(decode(raw), platform=False)


def require_right(
    matcher: Matcher, conditions: Sequence[Condition], frames: Sequence[bytes]
) -> None:
    """Raise BenchFailed unless the matcher finds of each event what its conditions say themselves,
    asked one by one."""
    for raw in frames:
        event = record(raw)
        right = [n for n, condition in enumerate(conditions) if condition.evaluate(event) is True]
        found = list(matcher.holding(event))
        if found != right:
            wrong = sorted({*found} ^ {*right})
            raise BenchFailed(
                f"{len(found)} found, {len(right)} hold; not in both: {wrong}: {raw!r}"
            )
