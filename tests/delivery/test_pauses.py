"""Pauses, with a real journal and real servers: what is said, kept, and sent meanwhile."""

from datetime import timedelta

import pytest

from reactor.journal.lanes import pauses
from reactor.model.delivery import RetryPolicy, State
from reactor.model.gates import Rate
from reactor.model.secret import Secret
from tests.builders import NOON, a_delivery, replace
from tests.delivery.servers import answering, header, serving, status
from tests.delivery.world import SECOND, World

NOWHERE = "http://127.0.0.1:1/s3cret"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def many(count, **changes):
    return [a_delivery(id=f"delivery-{number}", **changes) for number in range(count)]


def fail_for(world, span):
    """Let so much time go by, a second at a time, in which the world does what is due."""
    for _ in range(span // SECOND):
        world.now += SECOND
        world.rest()


def paused(world):
    """A world in which `ops` is paused and ten deliveries wait for it."""
    world.send_to(ops=NOWHERE)
    world.promise(*many(10))
    fail_for(world, 20 * SECOND)
    assert list(world.dispatcher.paused) == ["ops"]


def test_a_destination_that_goes_on_failing_is_paused_and_that_is_said_once(world):
    paused(world)
    fail_for(world, 5 * MINUTE)

    [sentence] = world.sentences
    assert sentence == (
        "destination 'ops' is paused: no connection: connection refused; "
        "failing since 2031-05-06T10:20:31.000000Z; waiting: 9"
    )


def test_while_it_is_paused_only_probes_go_out(world):
    paused(world)
    before = len(world.told)

    fail_for(world, 10 * MINUTE)

    assert 10 <= len(world.told) - before <= 20  # one within a minute, after half of one at least


def test_the_first_success_makes_all_that_waits_due_at_once_in_its_order(world):
    received = []
    paused(world)
    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops={"url": Secret(url), "concurrency": 1})
        world.settle(succeeded=10)

    ids = [header(request, b"webhook-id") for request in received]
    assert sorted(ids[1:]) == ids[1:]  # the first was the probe
    assert not world.dispatcher.paused
    assert "takes deliveries again after 19s; waiting: 9" in world.sentences[-1]


def test_a_restart_goes_on_with_the_pause(world, tmp_path):
    paused(world)
    kept = world.dispatcher.paused

    assert pauses(world.reader) == kept
    world.restart()

    assert world.dispatcher.paused == kept
    fail_for(world, MINUTE)
    assert len(world.sentences) == 1  # that was said before
    assert pauses(world.reader)["ops"].probes > kept["ops"].probes


def test_a_refusal_buries_one_delivery_and_the_others_wait(world):
    with serving(answering(status("410 Gone"))) as url:
        world.send_to(ops={"url": Secret(url), "concurrency": 1})
        world.promise(*many(5))
        world.settle(dead=1)
        fail_for(world, 3 * MINUTE)

    assert world.states() == {State.DEAD: 1, State.RETRYING: 4} | pending(world)
    assert world.dispatcher.paused["ops"].why == "410 Gone"


def pending(world):
    left = world.states()[State.PENDING]
    return {State.PENDING: left, State.RETRYING: 4 - left} if left else {}


def test_what_is_still_refused_when_its_time_is_over_is_given_up(world):
    with serving(answering(status("410 Gone"))) as url:
        world.send_to(ops=url)
        world.promise(*many(2, retry=RetryPolicy(give_up_after=2 * MINUTE)))
        fail_for(world, 5 * MINUTE)

    assert world.states() == {State.DEAD: 2}
    assert "given up after 2m: 410 Gone" in {
        world.delivery(f"delivery-{number}").reason for number in range(2)
    }


def test_an_address_within_a_rule_is_not_paused_by_a_refusal(world):
    with serving(answering(status("410 Gone"))) as url:
        request = replace(a_delivery().request, url=(url,))
        inline = {"destination": None, "lane": "rule/webhook", "request": request}
        world.promise(*many(3, **inline))
        world.settle(dead=3)

    assert not world.dispatcher.paused


def test_the_fallback_is_told_of_the_pause_and_of_its_end(world):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        away = {"url": Secret(NOWHERE), "fallback": "pager"}
        world.send_to(ops=away, pager=url)
        world.promise(*many(10))
        fail_for(world, 20 * SECOND)
        world.settle(succeeded=1)
        world.send_to(ops=away | {"url": Secret(url)}, pager=url)
        world.settle(succeeded=12)

    bodies = [request.partition(b"\r\n\r\n")[2] for request in received]
    [begun], [ended] = (
        [body for body in bodies if f'"type":"reactor.{what}"'.encode() in body]
        for what in ("paused", "resumed")
    )
    assert b'"destination":"ops"' in begun
    assert b'"waiting":9' in begun
    assert b'"waiting":9' in ended


def test_a_removed_destination_is_not_paused_any_more(world):
    paused(world)

    world.send_to(other=NOWHERE)
    world.rest()

    assert not world.dispatcher.paused


def test_a_retry_after_holds_back_the_whole_destination(world):
    received = []
    with serving(answering(status("429 Slow", "Retry-After: 30\r\n")), received) as url:
        world.send_to(ops={"url": Secret(url), "concurrency": 1})
        world.promise(*many(5))
        world.settle(retrying=1, pending=4)
        fail_for(world, 29 * SECOND)
        assert len(received) == 1

        fail_for(world, SECOND)
        assert len(received) == 2


def test_a_resumed_destination_keeps_to_its_rate(world):
    received = []
    limited = {"url": Secret(NOWHERE), "rate_limit": Rate(2, SECOND)}
    world.send_to(ops=limited)
    world.promise(*many(10))
    fail_for(world, 20 * SECOND)

    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=limited | {"url": Secret(url)})
        for second in range(1, 6):
            world.rest()
            assert len(received) <= 2 * second
            world.now += SECOND
        world.settle(succeeded=10)


def test_of_a_healthy_destination_nothing_is_said_or_kept(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.promise(*many(3))
        world.settle(succeeded=3)

    assert (world.sentences, pauses(world.reader)) == ([], {})
    assert world.now == NOON
