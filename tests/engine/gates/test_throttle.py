"""A throttle never passes more than its count in any window."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.gates.throttle import throttle
from reactor.model.gates import Rate
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry
from tests.builders import NOON

FIVE_MINUTES = timedelta(minutes=5)


def passes(rate: Rate, seconds: list[float]) -> list[bool]:
    """Which of the events at these seconds pass."""
    memory: MemoryEntry | None = None
    verdicts = []
    for second in seconds:
        reason, memory, _ = throttle(rate, "m", memory, NOON + timedelta(seconds=second))
        verdicts.append(reason is None)
    return verdicts


@pytest.mark.parametrize(
    ("count", "seconds", "verdicts"),
    [
        (1, [0, 1, 299.999, 300], [True, False, False, True]),  # exactly 5m later is outside
        (2, [0, 100, 200, 300, 399, 400], [True, True, False, True, False, True]),
        (1, [0, 0], [True, False]),
    ],
)
def test_the_window_slides(count: int, seconds: list[float], verdicts: list[bool]) -> None:
    assert verdicts == passes(Rate(count, FIVE_MINUTES), seconds)


@given(st.integers(1, 4), st.lists(st.floats(0, 400), min_size=1, max_size=40))
def test_no_window_ever_passes_more_than_its_count(count: int, gaps: list[float]) -> None:
    seconds = [sum(gaps[: end + 1]) for end in range(len(gaps))]
    verdicts = passes(Rate(count, FIVE_MINUTES), seconds)
    passed = [second for second, verdict in zip(seconds, verdicts, strict=True) if verdict]

    assert all(
        sum(1 for other in passed if second - 299.9 <= other <= second) <= count
        for second in passed
    )


def test_the_memory_holds_no_more_moments_than_the_count() -> None:
    memory = None
    for second in range(0, 3000, 10):
        at = NOON + timedelta(seconds=second)
        _, memory, _ = throttle(Rate(3, FIVE_MINUTES), "m", memory, at)

    assert memory is not None
    assert len(memory.value["times"]) == 3  # type: ignore[arg-type] -- a list, as the gate keeps it


def test_a_clock_that_was_set_back_does_not_silence_the_key() -> None:
    """What passed in a future that is no more counts no longer."""
    assert passes(Rate(1, FIVE_MINUTES), [10_000_000, 0, 1]) == [True, True, False]


def test_it_says_what_it_went_by() -> None:
    reason, memory, numbers = throttle(Rate(1, FIVE_MINUTES), "m", None, NOON)
    assert (reason, numbers["passed"], numbers["of"]) == (None, 1, 1)

    reason, _, numbers = throttle(Rate(1, FIVE_MINUTES), "m", memory, NOON + timedelta(minutes=1))

    assert reason is Reason.THROTTLED
    assert numbers == {
        "passed": 1,
        "of": 1,
        "per": "5m",
        "free_at": "2031-05-06T10:25:30.000000Z",
    }
