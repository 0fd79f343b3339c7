"""How many may be under way in a lane, and when it is looked into."""

from datetime import timedelta

from reactor.delivery.lanes import IN_FLIGHT, LEAST, Lane, Lanes
from reactor.model.rule import Rate
from tests.builders import NOON

SECOND = timedelta(seconds=1)


def test_a_lane_alone_takes_half_of_all_places():
    lanes = Lanes()

    assert lanes.free(lanes["ops"]) == IN_FLIGHT // 2


def test_full_lanes_leave_room_for_the_next_one():
    lanes = Lanes()
    for number in range(100):
        lane = lanes[f"hangs-{number}"]
        lanes.occupy(lane, lanes.free(lane))

    assert lanes.free(lanes["healthy"]) == LEAST


def test_a_place_is_free_again_when_it_is_released():
    lanes = Lanes()
    lane = lanes["ops"]
    lanes.occupy(lane, lanes.free(lane))
    assert lanes.free(lane) == 0

    lanes.release(lane)

    assert lanes.free(lane) == 1


def test_the_earliest_wish_to_look_wins():
    lane = Lane("ops")

    lane.look(NOON + SECOND)
    lane.look(NOON)
    lane.look(NOON + 2 * SECOND)

    assert lane.look_at == NOON


def test_lanes_are_ripe_from_the_moment_they_asked_for():
    lanes = Lanes()
    lanes["now"].look(NOON)
    lanes["later"].look(NOON + SECOND)
    assert lanes["never"].look_at is None

    assert [lane.name for lane in lanes.ripe(NOON)] == ["now"]
    assert lanes.next_look() == NOON


def test_a_full_lane_waits_for_a_place_not_for_a_time():
    lanes = Lanes()
    lanes["ops"].look(NOON)
    lanes.occupy(lanes["ops"], IN_FLIGHT)

    assert lanes.next_look() is None


def test_a_rate_that_is_used_up_says_when_to_look_again():
    lane, rate = Lane("ops"), Rate(1, SECOND)
    assert lane.limit(rate, NOON) == 1

    lane.count_start(rate, NOON)

    assert lane.limit(rate, NOON) == 0
    assert lane.look_at == NOON + SECOND


def test_without_a_rate_starts_are_not_remembered():
    lane = Lane("ops")

    lane.count_start(None, NOON)

    assert lane.window.starts == ()
