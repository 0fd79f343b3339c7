"""What compiling takes, in time and in memory: each in a process of its own, where nothing else was
before."""

import gc
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import process_time

from bench.mixes import Mix, record, require_right
from bench.process import resident_megabytes
from reactor.engine.index import Matcher
from reactor.model.condition import Condition

COMPILED = 3
"""How often the same conditions are compiled."""

CHECKED = 10
"""Events of which each of 100,000 conditions is asked, which takes seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """Seconds of one core to compile, time after time, and MB in memory: of the conditions, and of
    the index after it has met the events of the mix."""

    seconds: tuple[float, ...]
    conditions: float
    index: float


def weight(mix: Mix, count: int) -> Weight:
    """That of so many rules. Blocks until it is known."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_weighed, mix, count).result()


def _weighed(mix: Mix, count: int) -> Weight:
    frames = mix.frames()
    before = _resident()
    conditions = mix.conditions(count)
    parsed = _resident()
    matcher, seconds = _compiled(conditions)
    for raw in frames:
        matcher.holding(record(raw))
    used = _resident()
    require_right(matcher, conditions, frames[:CHECKED])
    again = [_compiled(conditions)[1] for _ in range(1, COMPILED)]
    return Weight(seconds=(seconds, *again), conditions=parsed - before, index=used - parsed)


def _compiled(conditions: Sequence[Condition]) -> tuple[Matcher, float]:
    began = process_time()
    matcher = Matcher(conditions)
    return matcher, process_time() - began


def _resident() -> float:
    gc.collect()
    return resident_megabytes(os.getpid())
