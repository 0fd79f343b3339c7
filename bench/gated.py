"""Rules with gates, and events for them: the rules of the mix, of which those that hold most often
have a gate each, and events of objects that are heard of again and again. The same at every run."""

import json
import random
from collections import Counter
from collections.abc import Callable

from bench.mix import PARENTS, STATES, TYPES, frame, mixed_match
from bench.mixes import MIXED, record
from reactor.engine.index import Matcher

RULES, GATED = 1_000, 100

OBJECTS = 60_000
"""Each is of one type and of one service, all its life."""

SAMPLE = 5_000
"""Events that tell which rules hold most often."""

INTERVALS = """
time_intervals:
  first half minute: {cron: "* * * * *", for: 30s}
"""

Match = dict[str, object]

GATES: tuple[Callable[[Match, Match], dict[str, object]], ...] = (
    lambda match, _: {"match": match, "for": "20s"},
    lambda match, _: {"match": match, "after": "3 within 1h"},
    lambda match, _: {"match": match, "throttle": "1 per 1h"},
    lambda match, _: {"match": match, "during": _in_time("hold")},
    lambda match, _: {"match": match, "not_during": _in_time("digest")},
    lambda match, _: {"absent": {"match": match, "within": "40s"}},
    lambda match, second: {"match": match, "then": {"match": second, "within": "20s"}},
    lambda match, second: {"match": match, "not_then": {"match": second, "within": "20s"}},
    lambda match, _: {"match": match, "mode": "single"},
    lambda match, second: {"match": match, "resolve": {"match": second}},
)
"""What each kind makes of a `match`; some ask for a second event, too."""


def _in_time(otherwise: str) -> Match:
    return {"interval": "first half minute", "then": otherwise}


def gated_rules() -> str:
    """The rules of the mix, of which GATED have a gate."""
    return _rules(GATED)


def ungated_rules() -> str:
    """The same rules without their gates."""
    return _rules(0)


def _rules(gated: int) -> str:
    """The items of `rules:`; so many of those that have a `group_by` have a gate as well."""
    chance, second = random.Random(1), random.Random(4)
    matches = [mixed_match(chance, number) for number in range(RULES)]
    rules: list[dict[str, object]] = [{"match": match} for match in matches]
    for rank, number in enumerate(_most_often()):
        match, other = matches[number], second.choice(STATES)
        if rank < gated:
            make = GATES[rank % len(GATES)]
            rules[number] = make(match, {"type": match.get("type"), "state": other})
        rules[number]["group_by"] = ("uuid", "service.uuid")[rank // len(GATES) % 2]
    named = (
        {"name": f"rule {number}", **rule, "actions": [{"webhook": "sink"}]}
        for number, rule in enumerate(rules)
    )
    return "".join(f"  - {json.dumps(rule)}\n" for rule in named) + INTERVALS


def _most_often() -> list[int]:
    """The GATED rules that hold most often, the first before all others."""
    holding = Matcher(MIXED.conditions(RULES)).holding
    held = Counter(number for raw in gated_frames(SAMPLE) for number in holding(record(raw)))
    return [number for number, _ in held.most_common(GATED)]


def gated_frames(count: int) -> list[bytes]:
    """Events of the objects."""
    fleet, chance = random.Random(5), random.Random(6)
    objects = [(fleet.choice(TYPES), fleet.randrange(PARENTS)) for _ in range(OBJECTS)]
    return [_frame(chance, objects, chance.randrange(OBJECTS)) for _ in range(count)]


def _frame(chance: random.Random, objects: list[tuple[str, int]], number: int) -> bytes:
    kind, parent = objects[number]
    state, code = chance.choice(STATES), chance.randrange(256)
    return frame(number, kind=kind, state=state, parent=parent, code=code)
