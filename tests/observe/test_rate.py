"""The last minute is a minute, not more and not less."""

from hypothesis import given
from hypothesis import strategies as st

from reactor.observe.rate import LastMinute


def test_what_is_a_minute_old_is_forgotten():
    now = [1000.5]
    minute = LastMinute(lambda: now[0])
    minute.count(3)
    now[0] = 1059.9
    minute.count(4)

    assert minute.total() == 7
    now[0] = 1060.0
    assert minute.total() == 4


def test_nothing_happened_yet():
    assert LastMinute(lambda: 0.0).total() == 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 5)), max_size=50))
def test_it_counts_as_a_list_would(steps):
    now, happened = [0], []
    minute = LastMinute(lambda: now[0])
    for pause, number in steps:
        now[0] += pause
        minute.count(number)
        happened.append((now[0], number))

    assert minute.total() == sum(count for at, count in happened if at > now[0] - 60)
