"""How many attempts begin at a time, and whose."""

from reactor.delivery.departures import FEW, Departures
from tests.builders import a_delivery


def waiting(**counts):
    departures = Departures()
    for lane, count in counts.items():
        departures.add(a_delivery(id=f"{lane}-{number}", lane=lane) for number in range(count))
    return departures


def ids(taken):
    return [each.id for each in taken]


def test_few_may_always_be_under_way():
    assert Departures().room(under_way=10, ended=3, has_rested=False) == FEW - 10


def test_where_answers_keep_us_busy_one_begins_for_each():
    assert Departures().room(under_way=FEW, ended=3, has_rested=False) == 3


def test_nobody_waits_for_answers_that_are_slow_in_coming():
    assert Departures().room(under_way=200, ended=1, has_rested=True) == FEW


def test_the_oldest_of_a_lane_goes_first():
    departures = waiting(ops=3)

    assert ids(departures.take(2)) == ["ops-0", "ops-1"]
    assert len(departures) == 1


def test_none_waits_for_a_crowd_in_another_lane():
    departures = waiting(crowd=200, quiet=2)

    assert ids(departures.take(3)) == ["crowd-0", "quiet-0", "crowd-1"]
    assert ids(departures.take(2)) == ["quiet-1", "crowd-2"]


def test_more_than_wait_are_not_taken():
    departures = waiting(ops=2)

    assert len(departures.take(200)) == 2
    assert not departures
