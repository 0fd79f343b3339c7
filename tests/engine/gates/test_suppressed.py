"""What a throttle held back is counted until the action fires."""

from datetime import timedelta

from reactor.engine.gates.suppressed import KEPT, one_more, suppressed_count
from tests.builders import NOON


def test_each_one_held_back_counts() -> None:
    memory = one_more(one_more(None, "m", NOON), "m", NOON + timedelta(minutes=1))

    assert suppressed_count(memory, "m", NOON + timedelta(minutes=2)) == 2


def test_a_count_of_other_parameters_is_none() -> None:
    assert suppressed_count(one_more(None, "old", NOON), "new", NOON) == 0


def test_a_count_that_is_a_week_old_starts_again() -> None:
    memory = one_more(None, "m", NOON)

    assert suppressed_count(memory, "m", NOON + KEPT) == 1
    assert suppressed_count(memory, "m", NOON + KEPT + timedelta(microseconds=1)) == 0
