"""How many may be under way in a lane, and when it is looked into."""

from datetime import timedelta

from reactor.delivery.breaker import Breaker
from reactor.delivery.lanes import IN_FLIGHT, LEAST, Lane, Lanes
from reactor.model.gates import Rate
from tests.builders import NOON, a_destination

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

    lanes.release("ops")

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
    lane = Lane("ops", rate=Rate(1, SECOND))
    assert lane.limit(NOON) == 1

    lane.window = lane.window_after(1, NOON)

    assert lane.limit(NOON) == 0
    assert lane.look_at == NOON + SECOND


def test_without_a_rate_starts_are_not_remembered():
    assert Lane("ops").window_after(1, NOON) is None


def test_a_destination_has_no_more_under_way_than_its_concurrency():
    lanes = Lanes({"ops": a_destination(concurrency=3)})
    assert lanes.free(lanes["ops"]) == 3

    lanes.occupy(lanes["ops"], 3)
    lanes["ops"].look(NOON)

    assert lanes.free(lanes["ops"]) == 0
    assert lanes.next_look() is None  # it waits for a place


def test_a_lane_that_is_probed_has_one_under_way_and_nothing_before_its_time():
    lanes, until = Lanes(), NOON + SECOND
    lane = lanes["ops"]
    lane.breaker = Breaker(probes=0, closed_until=until)

    assert (lane.limit(NOON), lane.look_at) == (0, until)
    assert lane.limit(until) > 0
    assert lanes.free(lane) == 1


def test_a_reload_changes_rates_and_asks_what_has_changed_at_once():
    lanes = Lanes({name: a_destination(name=name) for name in ("new", "gone", "same")})
    for name in ("new", "gone", "same", "rule/log"):
        lanes[name].breaker = Breaker(probes=3, closed_until=NOON + SECOND)
    changed = a_destination(name="new", rate_limit=Rate(1, SECOND))

    lanes.adopt({"new": changed, "same": a_destination(name="same")}, NOON)

    assert lanes["new"].rate == Rate(1, SECOND)
    closed = {lane.name: lane.breaker.closed_until for lane in lanes}
    assert closed == {"new": NOON, "gone": None} | dict.fromkeys(
        ("same", "rule/log"), NOON + SECOND
    )


def test_a_clock_that_is_set_back_opens_every_lane_that_much_earlier():
    lanes = Lanes()
    lanes["ops"].breaker = Breaker(probes=0, closed_until=NOON + SECOND)

    lanes.follow_back(SECOND)

    assert lanes["ops"].limit(NOON) > 0


def test_a_million_that_wait_in_one_lane_leave_half_of_the_places_to_the_others():
    lanes = Lanes()
    busy = lanes["busy"]
    lanes.occupy(busy, lanes.free(busy))
    taken = []
    for number in range(99):
        lane = lanes[f"quiet-{number}"]
        taken.append(lanes.free(lane))
        lanes.occupy(lane, taken[-1])

    assert taken[:3] == [128, 64, 32]
    assert min(taken) == LEAST
    assert lanes.free(busy) <= 0
