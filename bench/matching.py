"""How many events a second can be decoded and matched, in this process, and what rules cost.

Time is what this process had of its core, so that other work on the machine hardly shows. What is
compared is measured in pairs, one right after the other.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import process_time

from bench.figures import Figure
from bench.mix import mixed_frames, mixed_rules, unseen_frames
from bench.mixes import HARD, MIXED, NESTED, Mix, decode, require_right
from bench.process import LOAD_CORE, REACTOR_CORE, BenchFailed
from bench.rules import ruleset
from bench.weight import weight
from reactor.actions import ACTIONS
from reactor.clock import utc_now
from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import Situation
from reactor.engine.index import Matcher
from reactor.engine.normalize import normalize
from reactor.engine.plan import decide
from reactor.engine.remembered import Remembered
from reactor.model.event import Arrival, Event, Record

RUNS = 5

CHUNK = 500
"""So many events are matched, then decoded alone, in turn: whatever else slows the machine down
slows both."""

CHECKED = 200
"""Events of which each condition is asked on its own, to compare."""

COUNTS = (10, 100, 1_000, 10_000)
UNSEEN = 5_000
"""Events of a run of which every state is new."""

BUDGETS = {
    "mix, 1,000 rules: of the rate of decoding alone": "≥ 20",
    "mix: rate with 10,000 rules, of that with 1,000": "≥ 50",
    "mix, 10,000 rules, every state new: decode and match": "≥ 5,000",
    "mix, 10,000 rules: compile": "≤ 500",
    "mix, 100,000 rules: memory of conditions and index": "≤ 500",
}
"""By the name of the figure."""


def matching() -> Iterator[Figure]:
    """Rates by number of rules for each mix, and what compiling takes."""
    os.sched_setaffinity(0, {REACTOR_CORE})
    for mix in (MIXED, HARD, NESTED):
        yield from _curve(mix)
    yield _unseen()
    yield _deciding()
    for count in (*COUNTS, 100_000):
        yield from _weights(MIXED, count)
    for mix in (HARD, NESTED):
        yield from _weights(mix, 10_000)
    os.sched_setaffinity(0, {LOAD_CORE})


def _figure(name: str, unit: str, values: Sequence[float]) -> Figure:
    return Figure(name=name, unit=unit, values=tuple(values), budget=BUDGETS.get(name, ""))


def _curve(mix: Mix) -> Iterator[Figure]:
    """The rates of one mix, which should fall little as rules grow."""
    frames, shares = mix.frames(), {}
    for count in COUNTS:
        pairs = _pairs(mix, count, frames)
        name, hold = f"{mix.name}, {count:,} rules", pairs[0].held / len(frames)
        matched = [len(frames) / pair.matching for pair in pairs]
        decoded = [len(frames) / pair.decoding for pair in pairs]
        shares[count] = [100 * pair.decoding / pair.matching for pair in pairs]
        yield _figure(f"{name}, {hold:,.1f} hold: decode and match", "events/s", matched)
        yield _figure(f"{name}: decoding alone, the same bytes", "events/s", decoded)
        yield _figure(f"{name}: of the rate of decoding alone", "%", shares[count])
    # Each by the decoding beside it: since then the machine may have become slower, or faster.
    falls = [100 * many / few for many, few in zip(shares[10_000], shares[1_000], strict=True)]
    yield _figure(f"{mix.name}: rate with 10,000 rules, of that with 1,000", "%", falls)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """Seconds for the same events: decoded and matched, and decoded alone. `held` is how often a
    condition was found to hold."""

    matching: float
    decoding: float
    held: int


def _pairs(mix: Mix, count: int, frames: Sequence[bytes]) -> list[_Pair]:
    """The runs. The matcher has met the events before, and made what it keeps of them."""
    conditions = mix.conditions(count)
    matcher = Matcher(conditions)
    require_right(matcher, conditions, frames[:CHECKED])
    held = _match(matcher, frames)
    pairs = [_pair(matcher, frames) for _ in range(RUNS)]
    if not held or {pair.held for pair in pairs} != {held}:
        raise BenchFailed(f"{held} conditions held at first, then {[p.held for p in pairs]}")
    return pairs


def _pair(matcher: Matcher, frames: Sequence[bytes]) -> _Pair:
    matching = decoding = 0.0
    held = 0
    for first in range(0, len(frames), CHUNK):
        chunk = frames[first : first + CHUNK]
        began = process_time()
        held += _match(matcher, chunk)
        matched = process_time()
        _decode(chunk)
        matching += matched - began
        decoding += process_time() - matched
    return _Pair(matching=matching, decoding=decoding, held=held)


def _match(matcher: Matcher, frames: Sequence[bytes]) -> int:
    """Decode and match all frames; how often a condition held."""
    held, holding = 0, matcher.holding
    for raw in frames:
        held += len(holding(Record(decode(raw), platform=False)))
    return held


def _decode(frames: Sequence[bytes]) -> None:
    for raw in frames:
        decode(raw)


def _unseen() -> Figure:
    """The rate where every state is new: nothing that is kept of states helps."""
    conditions = MIXED.conditions(10_000)
    matcher = Matcher(conditions)
    rates = [_unseen_rate(matcher, range(run * UNSEEN, (run + 1) * UNSEEN)) for run in range(RUNS)]
    new = range(RUNS * UNSEEN, RUNS * UNSEEN + CHECKED)
    require_right(matcher, conditions, unseen_frames(new))
    return _figure("mix, 10,000 rules, every state new: decode and match", "events/s", rates)


def _unseen_rate(matcher: Matcher, numbers: range) -> float:
    frames = unseen_frames(numbers)
    began = process_time()
    _match(matcher, frames)
    return len(frames) / (process_time() - began)


def _deciding() -> Figure:
    """All that an event takes of which nothing fires, but for the journal."""
    rules = CompiledRules(ruleset(mixed_rules(1_000)))
    situation = Situation(rules=rules, actions=ACTIONS, memory=Remembered())
    quiet = [raw for raw in mixed_frames(20_000) if not _fired(situation, [raw])]
    if not quiet:
        raise BenchFailed("every event of the mix fires")
    rates = []
    for _ in range(RUNS):
        began = process_time()
        if fired := _fired(situation, quiet):
            raise BenchFailed(f"nothing fired at first, then {fired} deliveries were made")
        rates.append(len(quiet) / (process_time() - began))
    return _figure("mix, 1,000 rules, nothing firing: frame to decision", "events/s", rates)


def _fired(situation: Situation, frames: Sequence[bytes]) -> int:
    """How many deliveries these events make, each decided as in a service."""
    now, fired = utc_now(), 0
    for raw in frames:
        event = normalize(Arrival(source="feed", raw=raw, identity="none"), now)
        if not isinstance(event, Event):
            raise BenchFailed(f"a frame of the bench was refused: {event}")
        fired += len(decide(event, situation, now).deliveries)
    return fired


def _weights(mix: Mix, count: int) -> Iterator[Figure]:
    found, name = weight(mix, count), f"{mix.name}, {count:,} rules"
    together = found.conditions + found.index
    yield _figure(f"{name}: compile", "ms", [1_000 * seconds for seconds in found.seconds])
    yield _figure(f"{name}: memory of the index", "MB", [found.index])
    yield _figure(f"{name}: memory of conditions and index", "MB", [together])
