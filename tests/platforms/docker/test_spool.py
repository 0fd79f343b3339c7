"""Lines wait for our parent within bounds; what finds no room is counted where it is missing."""

import json
from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.spool import Spool
from tests.fakes import PATIENCE


def line(number):
    return b'{"n":%d,"timeNano":%d}' % (number, 1000 + number)


def emptied(spool):
    """All that a spool still gives."""
    spool.close()
    return list(map(json.loads, b"".join(iter(spool.take, b"")).splitlines()))


def note(count, first, last):
    return {"reactor": "dropped", "count": count, "from": first, "to": last}


def test_it_gives_what_was_put_in_order():
    spool = Spool(1000)
    spool.put(b"1")
    spool.tell({"reactor": "window"})
    spool.put(b"2")

    assert spool.take() == b'1\n{"reactor": "window"}\n2\n'


def test_a_line_that_is_told_again_is_put_once():
    spool = Spool(1000)
    for number in (1, 2, 1, 3, 2):
        spool.put(line(number))

    assert [each["n"] for each in emptied(spool)] == [1, 2, 3]


def test_who_takes_waits_for_the_first_line():
    spool, taken = Spool(1000), []
    thread = Thread(target=lambda: taken.append(spool.take()))
    thread.start()
    spool.put(b"1")
    thread.join(PATIENCE)

    assert taken == [b"1\n"]


def test_what_finds_no_room_is_counted_where_it_is_missing():
    spool = Spool(2 * len(line(1)) + 2)
    for number in (1, 2, 3, 4, 5):
        spool.put(line(number))
    first = spool.take()
    spool.put(line(6))

    assert first == line(1) + b"\n" + line(2) + b"\n"
    assert emptied(spool) == [note(3, 1003, 1005), json.loads(line(6))]


def test_drops_are_told_though_nothing_comes_after_them():
    spool = Spool(0)
    spool.put(b"no time in it")

    assert emptied(spool) == [note(1, None, None)]


def test_for_lines_of_our_own_there_is_always_room():
    spool = Spool(0)
    spool.put(line(1))
    spool.tell({"reactor": "window"})

    assert emptied(spool) == [note(1, 1001, 1001), {"reactor": "window"}]


def test_a_dropped_line_that_is_told_again_is_counted_once():
    spool = Spool(0)
    spool.put(line(1))
    spool.put(line(1))

    assert emptied(spool) == [note(1, 1001, 1001)]


def test_a_time_that_a_label_writes_is_not_taken_for_the_events_own():
    spool = Spool(0)
    spool.put(json.dumps({"label": '"timeNano":7', "timeNano": 8}, separators=(",", ":")).encode())

    assert emptied(spool) == [note(1, 8, 8)]


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 120))
def test_every_line_is_given_or_counted_in_order(steps, limit):
    """True puts the next line, False takes."""
    spool, taken, number = Spool(limit), b"", 0
    for is_put in steps:
        if is_put:
            spool.put(line(number))
            number += 1
        elif spool._lines or spool._dropped:
            taken += spool.take()

    found = list(map(json.loads, taken.splitlines())) + emptied(spool)
    at = 0
    for each in found:
        assert each.get("n", at) == at
        assert each.get("from", 1000 + at) == 1000 + at
        at += each.get("count", 1)
    assert at == number
