"""Every N-th match within the window passes."""

from datetime import timedelta

import pytest

from reactor.engine.gates.after import after
from reactor.model.gates import After
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry
from tests.builders import NOON

LIMIT = After(3, timedelta(minutes=10))


def passes(seconds: list[float]) -> list[bool]:
    """Which of the matches at these seconds pass."""
    memory: MemoryEntry | None = None
    verdicts = []
    for second in seconds:
        reason, memory, _ = after(LIMIT, "m", memory, NOON + timedelta(seconds=second))
        verdicts.append(reason is None)
    return verdicts


@pytest.mark.parametrize(
    ("seconds", "verdicts"),
    [
        ([0, 1, 2], [False, False, True]),
        ([0, 1, 2, 3, 4, 5], [False, False, True, False, False, True]),  # the count starts again
        ([0, 1, 600], [False, False, False]),  # exactly 10m later is outside
        ([0, 1, 599.999], [False, False, True]),
        ([0, 0, 0], [False, False, True]),
    ],
)
def test_the_third_within_the_window_passes(seconds: list[float], verdicts: list[bool]) -> None:
    assert passes(seconds) == verdicts


def test_it_says_how_many_it_saw_and_until_when_they_count() -> None:
    _, memory, _ = after(LIMIT, "m", None, NOON)

    reason, _, numbers = after(LIMIT, "m", memory, NOON + timedelta(minutes=1))

    assert reason is Reason.BELOW_COUNT
    assert numbers == {
        "seen": 2,
        "of": 3,
        "within": "10m",
        "ends_at": "2031-05-06T10:30:30.000000Z",
    }
