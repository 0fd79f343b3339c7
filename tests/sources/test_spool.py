import json
from datetime import UTC, datetime, timedelta

import pytest

from reactor.model.errors import Stopping
from reactor.model.event import Frame
from reactor.sources.spool import Spool, gap
from tests.fakes import FullFeed, RecordingFeed

NOW = datetime(2030, 1, 7, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(seconds=5)


def a_frame(number):
    return Frame(b"x" * 1000, str(number), remember={"container/1": "Running"})


def a_spool(count, most):
    spool = Spool(most)
    for number in range(count):
        spool.add(a_frame(number))
    return spool


def test_frames_leave_in_their_order_with_what_belongs_to_them():
    spool, feed = a_spool(3, most=10_000), RecordingFeed()

    spool.drain(feed)

    assert [put.identity for put in feed.puts] == ["0", "1", "2"]
    assert feed.puts[0].remember == {"container/1": "Running"}
    assert len(spool) == 0


def test_what_the_road_has_no_room_for_stays():
    spool = a_spool(3, most=10_000)

    spool.drain(FullFeed(room=2))
    assert len(spool) == 1

    spool.drain(feed := RecordingFeed())
    assert [put.identity for put in feed.puts] == ["2"]


def test_reading_rests_from_full_to_half_empty_and_a_gap_tells_of_it():
    spool, feed = a_spool(3, most=6_400), RecordingFeed()  # a frame is about 1,600 bytes
    assert not spool.is_resting(NOW)

    spool.add(a_frame(3))
    assert spool.is_resting(NOW)
    spool.drain(FullFeed(room=1))
    assert spool.is_resting(LATER)
    spool.drain(FullFeed(room=1))
    assert not spool.is_resting(LATER)
    spool.add(a_frame(4))
    spool.drain(feed)

    told = json.loads(feed.puts[2].raw)
    assert feed.puts[2].identity == told.pop("uuid")
    assert told == {
        "type": "gap",
        "reason": "the road was full",
        "from": "2030-01-07T12:30:00.000000Z",
        "to": "2030-01-07T12:30:05.000000Z",
    }
    assert [put.identity for put in feed.puts if put.raw[:1] == b"x"] == ["2", "3", "4"]
    assert not spool.is_resting(LATER)


def test_small_frames_count_with_what_is_around_them():
    spool = Spool(6_000)
    for number in range(10):
        spool.add(Frame(b"", str(number)))

    assert spool.is_resting(NOW)


def test_a_gap_whose_begin_nobody_knows_says_so():
    one, other = gap("why", None, NOW), gap("why", None, NOW)

    assert json.loads(one.raw)["from"] is None
    assert one.identity != other.identity


def test_a_closed_road_is_told():
    feed = FullFeed(room=1)
    feed.closed.set()

    with pytest.raises(Stopping):
        a_spool(1, most=1_000).drain(feed)
