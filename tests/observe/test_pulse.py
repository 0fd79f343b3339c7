"""A loop is overdue when it owes a sign of life, and only then."""

import pytest

from reactor.observe.pulse import Pulse


class Loop:
    """A pulse on a clock of our own."""

    def __init__(self):
        self.seconds = 100.0
        self.pulse = Pulse(lambda: self.seconds)


@pytest.fixture
def loop():
    return Loop()


def test_a_loop_that_never_began_owes_nothing(loop):
    loop.seconds += 1000

    assert loop.pulse.overdue() == 0


def test_from_the_beginning_of_a_turn_on_it_is_overdue_until_the_next(loop):
    loop.pulse.turn()
    loop.seconds += 7
    late = loop.pulse.overdue()
    loop.pulse.turn()

    assert (late, loop.pulse.overdue()) == (7, 0)


def test_who_said_for_how_long_it_is_quiet_is_overdue_only_after_that(loop):
    loop.pulse.turn(quiet=5)
    loop.seconds += 5
    assert loop.pulse.overdue() == 0

    loop.seconds += 2
    assert loop.pulse.overdue() == 2


def test_a_loop_at_rest_may_be_silent_for_ever(loop):
    loop.pulse.turn()
    loop.pulse.rest()
    loop.seconds += 1000

    assert loop.pulse.overdue() == 0
