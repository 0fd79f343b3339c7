from datetime import timedelta

from reactor.hub.timeline import Timeline
from tests.hub.fleets import START

SECOND = timedelta(seconds=1)


def test_what_is_due_happens_in_order_each_at_its_own_time():
    timeline, happened = Timeline(START), []
    timeline.later(2 * SECOND, lambda: happened.append(("second", timeline.now)))
    timeline.later(SECOND, lambda: happened.append(("first", timeline.now)))
    timeline.later(9 * SECOND, lambda: happened.append(("never", timeline.now)))

    timeline.advance(START + 5 * SECOND)

    assert happened == [("first", START + SECOND), ("second", START + 2 * SECOND)]
    assert timeline.now == START + 5 * SECOND
    assert timeline.next_due() == START + 9 * SECOND


def test_of_what_is_due_together_the_first_planned_comes_first():
    timeline, happened = Timeline(START), []
    for name in ("a", "b", "c"):
        timeline.later(SECOND, lambda name=name: happened.append(name))

    timeline.advance(START + SECOND)

    assert happened == ["a", "b", "c"]


def test_what_follows_from_what_happens_is_in_time_too():
    timeline, happened = Timeline(START), []
    timeline.later(SECOND, lambda: timeline.later(SECOND, lambda: happened.append(timeline.now)))

    timeline.advance(START + 10 * SECOND)

    assert happened == [START + 2 * SECOND]


def test_time_does_not_go_back():
    timeline = Timeline(START)

    timeline.advance(START - SECOND)

    assert timeline.now == START
    assert timeline.next_due() is None
