"""The short way: what is claimed as it is promised goes out once, and only when it stands."""

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from reactor.delivery.breaker import Breaker
from reactor.delivery.dispatcher import LONGEST_NAP
from reactor.delivery.handover import Handover
from reactor.delivery.lanes import IN_FLIGHT, LEAST, Lanes
from reactor.journal.database import open_reader
from reactor.journal.deliveries import get
from reactor.journal.lanes import windows
from reactor.journal.moves import Release
from reactor.model.delivery import State
from reactor.model.gates import Rate
from reactor.model.request import StoredRequest
from reactor.model.secret import Secret
from tests.builders import NOON, a_delivery, a_destination, a_ruleset
from tests.delivery.servers import answering, header, serving, status
from tests.delivery.world import SECOND, Promise, World

NOWHERE = "http://127.0.0.1:1/"
RUNNING, PENDING, DEAD = State.RUNNING, State.PENDING, State.DEAD


def many(count, **changes):
    return [a_delivery(id=f"delivery-{number}", **changes) for number in range(count)]


def states(promised):
    return [delivery.state for delivery in promised]


@pytest.fixture
def lanes():
    """One lane that is known, and empty."""
    lanes = Lanes({"ops": a_destination()})
    assert lanes["ops"].look_at is None
    return lanes


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def test_what_may_go_out_at_once_is_running_and_has_a_place(lanes):
    [claimed] = Handover(lanes).claim([a_delivery()], NOON)

    assert claimed == a_delivery(state=RUNNING, attempts=1)
    assert (lanes.busy, lanes["ops"].busy) == (1, 1)


@pytest.mark.parametrize(
    "waits",
    [
        {"order_key": "web"},  # for those before it
        {"due_at": NOON + SECOND},
        {"state": DEAD, "reason": "it could not be rendered"},
        {"lane": "rule/webhook"},  # a lane of which nothing is known
    ],
)
def test_what_waits_for_something_is_left_as_it_is(lanes, waits):
    delivery = a_delivery(**waits)

    assert Handover(lanes).claim([delivery], NOON) == (delivery,)
    assert lanes.busy == 0


def test_a_lane_that_is_full_takes_no_later_one_before_the_others(lanes):
    half, lane = IN_FLIGHT // 2, lanes["ops"]
    lanes.occupy(lane, half - 2)

    claimed = Handover(lanes).claim([*many(4), a_delivery(lane="other")], NOON)

    assert states(claimed) == [RUNNING, RUNNING, PENDING, PENDING, PENDING]
    assert lane.busy == half


def test_a_place_that_comes_free_meanwhile_goes_to_none_that_came_later(lanes):
    def coming():
        yield a_delivery(id="no place is free")
        lanes.release("ops")
        yield a_delivery(id="later")

    lanes.occupy(lanes["ops"], IN_FLIGHT)

    assert states(Handover(lanes).claim(coming(), NOON)) == [RUNNING, PENDING]


def test_places_are_free_again_when_nothing_was_promised(lanes):
    handover = Handover(lanes)

    handover.give_back(handover.claim([*many(3), a_delivery(order_key="web")], NOON))

    assert (lanes.busy, lanes["ops"].busy, handover.take()) == (0, 0, [])


def test_what_stands_is_taken_once_and_lanes_of_the_others_are_looked_into(lanes):
    handover = Handover(lanes)
    claimed = handover.claim([a_delivery(), a_delivery(lane="other")], NOON)

    handover.hand_over(claimed)

    assert handover.take() == [claimed[0]]
    assert handover.take() == []
    lanes.look_into_woken(NOON)
    assert [lane.name for lane in lanes.ripe(NOON)] == ["other"]


def test_while_something_waits_in_a_lane_what_is_new_waits_behind_it(lanes):
    handover = Handover(lanes)
    handover.hand_over(many(1))  # not claimed: the lane is woken

    assert states(handover.claim([a_delivery()], NOON)) == [PENDING]
    lanes.look_into_woken(NOON)
    assert states(handover.claim([a_delivery()], NOON)) == [PENDING]


def test_a_steady_stream_is_claimed_as_it_is_promised(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.rest()
        for number in range(10):
            [claimed] = world.promise_claimed(a_delivery(id=f"delivery-{number}"))
            world.until(lambda n=number: len(world.told) > n)
            assert claimed.state is RUNNING

        world.settle(succeeded=10)


def test_what_is_claimed_is_on_disk_before_a_byte_leaves(world):
    seen = []

    def look(connection):
        reader = open_reader(world.path)
        seen.append(get(reader, "delivery-1"))
        reader.close()
        connection.sendall(status("200 OK"))

    with serving(look) as url:
        world.send_to(ops=url)
        world.rest()
        claimed = world.promise_claimed(a_delivery())
        world.settle(succeeded=1)

    assert seen == list(claimed)
    assert [attempt.number for attempt in world.attempts()] == [1]


def test_it_fails_and_is_made_again_like_any_other(world):
    with serving(answering(status("503 Busy"))) as url:
        world.send_to(ops=url)
        world.rest()
        world.promise_claimed(a_delivery())
        world.rest()
        assert states(world.dispatcher.claim([a_delivery(id="new")])) == [RUNNING]

        world.now += SECOND
        assert states(world.dispatcher.claim([a_delivery(id="newer")])) == [PENDING]
        world.until(lambda: len(world.attempts()) == 2)


def test_a_crash_between_promise_and_sending_is_an_attempt_cut_short(world):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=url)
        world.rest()
        world.writer.submit(Promise(world.dispatcher.claim([a_delivery()]))).result(10)

        world.writer.submit(Release(at=NOON + SECOND)).result(10)
        world.now += SECOND
        world.restart()
        world.settle(succeeded=1)

    cut, made = world.attempts()
    assert (cut.verdict, cut.number, cut.started_at) == ("interrupted", 1, NOON)
    assert made.number == 2
    assert [header(request, b"webhook-id") for request in received] == ["delivery-1"]


def test_a_destination_that_is_paused_or_paced_takes_nothing_by_the_short_way(world):
    paced = {"url": Secret(NOWHERE), "rate_limit": Rate(2, SECOND)}
    world.send_to(paced=paced, paused=NOWHERE)
    world.rest()
    world.dispatcher._lanes["paused"].breaker = Breaker(probes=1, closed_until=NOON)

    promised = [a_delivery(id=name, lane=name, destination=name) for name in ("paced", "paused")]

    assert states(world.dispatcher.claim(promised)) == [PENDING, PENDING]


def test_what_was_claimed_when_a_reload_brought_a_rate_counts_for_it(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.rest()
        claimed = world.dispatcher.claim(many(2))
        world.writer.submit(Promise(claimed)).result(10)

        world.send_to(ops={"url": Secret(url), "rate_limit": Rate(3, SECOND)})
        world.dispatcher.hand_over(claimed)
        world.promise(*[a_delivery(id=f"later-{number}") for number in range(3)])
        world.settle(succeeded=3)
        assert windows(world.reader)["ops"] == ((NOON, 2), (NOON, 1))

        world.now += SECOND
        world.settle(succeeded=5)


def test_the_stop_waits_for_what_is_on_its_way_and_makes_it_again_at_the_next_start(world):
    world.send_to(ops=NOWHERE)
    world.rest()
    claimed, ended = world.dispatcher.claim([a_delivery()]), Event()
    world.dispatcher.grace = 10 * SECOND
    thread = Thread(target=lambda: (world.dispatcher.run(), ended.set()))

    world.dispatcher.stop()
    thread.start()
    assert states(world.dispatcher.claim([a_delivery(id="late")])) == [PENDING]
    assert not ended.wait(0.05)
    world.writer.submit(Promise(claimed)).result(10)
    world.dispatcher.hand_over(claimed)
    thread.join(10)

    assert ended.is_set()
    assert world.delivery().state is State.RETRYING
    assert [attempt.verdict for attempt in world.attempts()] == ["interrupted"]


def test_the_stop_does_not_wait_for_what_was_given_back(world):
    world.send_to(ops=NOWHERE)
    world.rest()
    claimed = world.dispatcher.claim([a_delivery()])
    world.dispatcher.grace = 60 * SECOND
    thread = Thread(target=world.dispatcher.run)

    world.dispatcher.stop()
    thread.start()
    thread.join(0.05)
    assert thread.is_alive()
    world.dispatcher.give_back(claimed)
    thread.join(LONGEST_NAP.total_seconds() / 2)

    assert not thread.is_alive()


LANES = ("one", "two")
LINE = StoredRequest(method="info", body=("a line",))


class Interleaved(RuleBasedStateMachine):
    """Promises in any order of their steps, while lanes are paused, woken and reloaded, and the
    dispatcher turns, or is stopped. A line of the log takes no time, so what is begun has ended."""

    @initialize()
    def start(self):
        self.folder = TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.promised = self.standing = 0
        self.claimed, self.committed, self.is_stopped = [], [], False
        self.wake()
        self.turn()

    @rule(count=st.integers(1, 200), lane=st.sampled_from(LANES))
    def claim(self, count, lane):
        fields = {"type": "log", "destination": None, "lane": lane, "request": LINE}
        numbers = range(self.promised, self.promised + count)
        promised = [a_delivery(id=f"delivery-{number}", **fields) for number in numbers]
        self.promised += count
        self.claimed.append(self.world.dispatcher.claim(promised))
        assert not self.is_stopped or RUNNING not in states(self.claimed[-1])

    @precondition(lambda self: self.claimed)
    @rule()
    def commit(self):
        claimed = self.claimed.pop(0)
        self.world.writer.submit(Promise(claimed)).result(10)
        self.standing += len(claimed)
        self.committed.append(claimed)

    @precondition(lambda self: self.claimed)
    @rule()
    def fail(self):
        self.world.dispatcher.give_back(self.claimed.pop(0))

    @precondition(lambda self: self.committed)
    @rule()
    def hand_over(self):
        self.world.dispatcher.hand_over(self.committed.pop(0))

    @rule()
    def wake(self):
        self.world.dispatcher.wake(LANES)

    @rule()
    def reload(self):
        self.world.dispatcher.adopt(a_ruleset())

    @rule(lane=st.sampled_from(LANES), probes=st.sampled_from([None, 0]))
    def pause(self, lane, probes):
        self.world.dispatcher._lanes[lane].breaker = Breaker(probes=probes)

    @precondition(lambda self: not self.is_stopped)
    @rule()
    def turn(self):
        self.world.dispatcher.step(timedelta())

    @rule()
    def stop(self):
        self.world.dispatcher.stop()
        self.world.dispatcher.run()
        self.is_stopped = True

    @invariant()
    def places_are_counted_and_bounded(self):
        lanes = self.world.dispatcher._lanes
        assert lanes.busy == sum(lane.busy for lane in lanes) <= IN_FLIGHT + LEAST * len(LANES)
        waiting = [each for batch in (*self.claimed, *self.committed) for each in batch]
        assert lanes.busy >= states(waiting).count(RUNNING)

    @invariant()
    def nothing_is_sent_twice(self):
        assert max(Counter(self.sent()).values(), default=1) == 1

    def sent(self):
        return [each.id for each, attempt, _ in self.world.told if attempt.verdict == "succeeded"]

    def teardown(self):
        try:
            self.all_that_stands_is_sent_in_the_end()
        finally:
            self.world.close()
            self.folder.cleanup()

    def all_that_stands_is_sent_in_the_end(self):
        """By this life or the next."""
        while self.claimed:
            self.fail()
        if self.is_stopped:
            self.world.writer.submit(Release(at=self.world.now)).result(10)
            self.world.restart()
        while self.committed and not self.is_stopped:
            self.hand_over()
        for lane in LANES:
            self.pause(lane, None)
        self.wake()
        self.world.rest()

        assert self.world.states() == ({State.SUCCEEDED: self.standing} if self.standing else {})
        assert len(self.sent()) == self.standing
        assert self.world.dispatcher._lanes.busy == 0


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
