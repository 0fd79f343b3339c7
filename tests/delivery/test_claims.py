"""What is due becomes ours: how many at a time, in which order, and counted over a restart."""

from datetime import timedelta
from threading import Event

import pytest

from reactor.journal.lanes import windows
from reactor.journal.moves import Cancel
from reactor.model.delivery import State
from reactor.model.gates import Rate
from reactor.model.secret import Secret
from tests.builders import NOON, a_delivery
from tests.delivery.servers import answering, header, serving, status
from tests.delivery.world import SECOND, World

NOWHERE = "http://127.0.0.1:1/"


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def many(count, **changes):
    return [a_delivery(id=f"delivery-{number}", **changes) for number in range(count)]


def test_a_restart_grants_no_second_burst(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops={"url": Secret(url), "rate_limit": Rate(2, SECOND)})
        world.promise(*many(5))
        world.settle(succeeded=2)
        world.restart()
        world.rest()
        assert world.states()[State.SUCCEEDED] == 2

        world.now += SECOND
        world.settle(succeeded=4)


def test_what_could_not_be_claimed_counts_for_no_rate(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops={"url": Secret(url), "rate_limit": Rate(2, SECOND)})
        world.promise(*many(3))
        world.dispatcher.step(timedelta())  # asks for two of them
        world.writer.submit(Cancel(ids=("delivery-2",))).result(10)
        world.settle(succeeded=2)

    assert windows(world.reader)["ops"] == ((NOON, 2),)


def test_no_more_than_its_concurrency_is_under_way(world):
    released = Event()

    def answer(connection):
        released.wait(20)
        answering(status("200 OK"))(connection)

    with serving(answer) as url:
        world.send_to(ops={"url": Secret(url), "concurrency": 2})
        world.promise(*many(30))
        world.settle(running=2)
        world.dispatcher.step(SECOND / 10)
        assert world.states() == {State.RUNNING: 2, State.PENDING: 28}

        released.set()
        world.settle(succeeded=30)


def test_of_a_hundred_keys_none_is_overtaken_though_one_in_ten_attempts_fails(world):
    received, keys = [], 100

    def answer(connection):
        is_tenth = len(received) % 10 == 0
        answering(status("503 Busy" if is_tenth else "200 OK"))(connection)

    promised = [
        a_delivery(id=f"{number}-{key}", order_key=f"key-{key}")
        for number in range(5)
        for key in range(keys)
    ]
    with serving(answer, received) as url:
        world.send_to(ops=url)
        world.promise(*promised)
        while world.states()[State.SUCCEEDED] < len(promised):
            world.rest()
            world.now += SECOND / 2

    seen: dict[str, list[int]] = {}
    for request in received:
        number, _, key = (header(request, b"webhook-id") or "").partition("-")
        seen.setdefault(key, []).append(int(number))
    assert len(seen) == keys
    assert all(numbers == sorted(numbers) for numbers in seen.values())


def test_a_delivery_that_waits_holds_back_its_own_key_alone(world):
    world.send_to(ops=NOWHERE)
    world.promise(*many(2, order_key="web"), a_delivery(id="other", order_key="db"))
    world.rest()

    tried = {delivery.id for delivery, _, _ in world.told}
    assert tried == {"delivery-0", "other"}


def test_a_dead_delivery_releases_those_behind_it(world):
    with serving(answering(status("400 Wrong"))) as url:
        world.send_to(ops=url)
        world.promise(*many(3, order_key="web"))
        world.settle(dead=3)


def test_a_crowd_in_one_lane_does_not_keep_another_waiting(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(crowd=url, quiet=url)
        world.promise(*many(2000, lane="crowd", destination="crowd"))
        world.until(lambda: world.states()[State.SUCCEEDED] > 100)
        world.promise(a_delivery(id="quiet", lane="quiet", destination="quiet"))
        world.until(lambda: world.delivery("quiet").state is State.SUCCEEDED)

        assert world.states()[State.PENDING] > 500
