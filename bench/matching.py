"""How many events a second can be decoded and asked by every rule, in this process."""

import os
from collections.abc import Iterator, Mapping
from time import perf_counter

import msgspec

from bench.figures import Figure
from bench.mix import mixed_frames, mixed_rules, rule_file
from bench.process import LOAD_CORE, REACTOR_CORE, BenchFailed, workplace
from reactor.actions import ACTIONS
from reactor.clock import utc_now
from reactor.config.ruleset import Resolve, load_ruleset
from reactor.engine.normalize import normalize, record_of
from reactor.engine.plan import miss
from reactor.model.event import Arrival, Event
from reactor.model.rule import Ruleset
from reactor.sources import SOURCES

RUNS = 5
WORK = {10: 10_000, 100: 2_000, 1_000: 300}
"""Events per run, by the number of rules: about a tenth of a second at the speed to reach."""


def matching() -> Iterator[Figure]:
    """The rate by number of rules, and that of bare decoding beside it."""
    os.sched_setaffinity(0, {REACTOR_CORE})
    frames = mixed_frames(max(WORK.values()))
    yield Figure(
        name="decoding alone (msgspec, the same bytes)",
        unit="events/s",
        values=tuple(_decoding_rate(frames) for _ in range(RUNS)),
    )
    for count, work in WORK.items():
        ruleset, asked = _ruleset(count), frames[:work]
        matched = {_matches(ruleset, asked) for _ in range(2)}
        if len(matched) != 1 or not matched.pop():
            raise BenchFailed(f"the same events matched other rules, or none of {count}")
        yield Figure(
            name=f"decode and match, {count:,} rules of the mix",
            unit="events/s",
            values=tuple(_matching_rate(ruleset, asked) for _ in range(RUNS)),
        )
    os.sched_setaffinity(0, {LOAD_CORE})


def _ruleset(count: int) -> Ruleset:
    with workplace() as folder:
        path = folder / "rules.yaml"
        path.write_text(rule_file(mixed_rules(count), fifo="/dev/null", sink_port=9))
        loaded = load_ruleset(
            path, environment={}, sources=SOURCES, actions=ACTIONS, resolve=Resolve.ALL
        )
    return loaded.ruleset


def _decoding_rate(frames: list[bytes]) -> float:
    decode = msgspec.json.Decoder(Mapping[str, object]).decode
    began = perf_counter()
    for raw in frames:
        decode(raw)
    return len(frames) / (perf_counter() - began)


def _matching_rate(ruleset: Ruleset, frames: list[bytes]) -> float:
    began = perf_counter()
    _matches(ruleset, frames)
    return len(frames) / (perf_counter() - began)


def _matches(ruleset: Ruleset, frames: list[bytes]) -> int:
    """How many rules matched how many events, all told."""
    now, matched = utc_now(), 0
    for raw in frames:
        event = normalize(Arrival(source="feed", raw=raw, identity="none"), now)
        if not isinstance(event, Event):
            raise BenchFailed(f"a frame of the bench was refused: {event}")
        record = record_of(event)
        matched += sum(miss(rule, event, record) is None for rule in ruleset.rules)
    return matched
