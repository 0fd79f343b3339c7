"""Promises kept: with a real journal, real servers, and a clock that stands still."""

from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.engine.call import stored_call
from reactor.journal import deliveries
from reactor.journal.database import open_reader
from reactor.journal.moves import Cancel, Claim, Release
from reactor.model.delivery import RetryPolicy, State
from reactor.model.gates import Rate
from reactor.model.request import LogLine, StoredRequest
from reactor.model.secret import Secret
from reactor.model.signal import CallBegan, DeliveryEnded
from reactor.platforms.client import Client
from tests.builders import NOON, a_delivery
from tests.delivery.servers import answering, header, read_request, serving, status
from tests.delivery.world import SECOND, Promise, Statement, World

NOWHERE = "http://127.0.0.1:1/s3cret"
ID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
ACTION = f"/api/audit/v1/action/{ID}/"
ACCEPTED = status("202 Accepted", f"X-DockerCloud-Action-URI: {ACTION}\r\n")


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.close()


def many(count, **changes):
    return [a_delivery(id=f"delivery-{number}", **changes) for number in range(count)]


def a_call(**changes):
    """A delivery that stops a container of the source `cloud`."""
    request = stored_call(f"POST /api/app/v1/container/{ID}/stop/")
    fields = {"type": "stop", "source": "cloud", "destination": None, "lane": "source:cloud"}
    return a_delivery(**(fields | {"request": request} | changes))


def api_at(url):
    origin = url.rpartition("/")[0]
    return {"cloud": Client(origin=origin, authorization="Basic s3cret", namespace="acme")}


def test_a_due_delivery_is_sent_recorded_and_told(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(succeeded=1)

    [attempt] = world.attempts()
    assert (attempt.number, attempt.status, attempt.detail) == (1, 200, "200 OK")
    [(delivery, told, decision)] = world.told
    assert (delivery.attempts, told, decision.move) == (1, attempt, "succeed")


def test_the_claim_is_on_disk_before_a_byte_leaves(world):
    states = []

    def look(connection):
        reader = open_reader(world.path)
        states.append(deliveries.get(reader, "delivery-1").state)
        reader.close()
        connection.sendall(status("200 OK"))

    with serving(look) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(succeeded=1)

    assert states == [State.RUNNING]


def test_a_failed_attempt_is_made_again_when_it_is_due_with_the_same_id(world):
    received = []
    with serving(answering(status("503 Busy")), received) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(retrying=1)
        assert world.delivery().due_at == NOON + SECOND / 2  # first, 1 s, times the jitter

        world.now += SECOND / 2
        world.until(lambda: len(world.attempts()) == 2)

    assert {header(request, b"webhook-id") for request in received} == {"delivery-1"}
    assert {header(request, b"idempotency-key") for request in received} == {"delivery-1"}
    assert [attempt.number for attempt in world.attempts()] == [1, 2]


def test_retry_after_is_obeyed(world):
    with serving(answering(status("429 Slow", "Retry-After: 77\r\n"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(retrying=1)

    assert world.delivery().due_at == NOON + 77 * SECOND


def test_what_is_gone_is_a_dead_letter(world):
    with serving(answering(status("410 Gone"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(dead=1)

    assert world.delivery().reason == "410 Gone"


def test_a_promise_that_is_too_old_is_given_up(world):
    world.send_to(ops=NOWHERE)
    world.promise(a_delivery(retry=RetryPolicy(give_up_after=SECOND / 4)))
    world.settle(dead=1)

    assert world.delivery().reason == "given up after 250ms: no connection: connection refused"


def test_a_removed_destination_buries_what_was_promised_to_it(world):
    world.send_to(other=NOWHERE)
    world.promise(a_delivery())
    world.settle(dead=1)

    assert world.delivery().reason == "destination_removed"


def test_a_changed_destination_gets_what_was_promised_before(world):
    world.send_to(ops=NOWHERE)
    world.promise(a_delivery())
    world.settle(retrying=1)

    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.now += SECOND
        world.settle(succeeded=1)


def test_what_cannot_be_sent_is_buried_and_tells_no_secret(world):
    headers = {"X-Token": Secret("s3cret\r\nX-Evil: 1")}
    world.send_to(ops={"url": Secret(NOWHERE), "headers": headers})
    world.promise(a_delivery())
    world.settle(dead=1)

    assert world.delivery().reason == "header 'X-Token' holds more than printable ASCII characters"
    assert "s3cret" not in repr(world.told)


def test_no_word_about_a_failed_attempt_holds_the_address(world):
    world.send_to(ops=NOWHERE)
    world.promise(a_delivery())
    world.settle(retrying=1)

    assert "s3cret" not in repr((world.told, world.delivery(), world.attempts()))


def test_a_line_for_the_log_is_written(world):
    request = StoredRequest(method="warning", body=("web stopped",))
    world.promise(a_delivery(type="log", destination=None, lane="rule/log", request=request))
    world.settle(succeeded=1)

    assert world.lines == [LogLine(level="warning", text="web stopped")]


def test_a_call_goes_to_its_source_and_its_action_is_kept(world):
    received = []
    with serving(answering(ACCEPTED), received) as url:
        world.calls.adopt(api_at(url))
        world.promise(a_call())
        world.until(lambda: len(world.signals) == 2)

    [request], [attempt] = received, world.attempts()
    assert request.startswith(f"POST /api/app/v1/acme/container/{ID}/stop/ HTTP/1.1".encode())
    assert header(request, b"authorization") == "Basic s3cret"
    assert (attempt.detail, attempt.action_uri) == (f"202 Accepted, action {ACTION}", ACTION)
    began, ended = world.signals
    assert began == CallBegan("delivery-1", "cloud", f"/api/app/v1/container/{ID}/")
    assert ended == DeliveryEnded("delivery-1", "cloud", ACTION)


def test_a_call_to_a_source_that_takes_none_is_a_dead_letter(world):
    world.promise(a_call())
    world.settle(dead=1)

    assert "source 'cloud' is not in the rule file" in world.delivery().reason


def test_a_call_that_hangs_delays_no_delivery_and_is_cut_off_by_the_stop(world):
    begun = Event()

    def hang(connection):
        begun.set()
        read_request(connection)

    with serving(hang) as slow, serving(answering(status("200 OK"))) as quick:
        world.calls.adopt(api_at(slow))
        world.send_to(ops=quick)
        world.promise(a_call(id="call"), *many(20))
        world.settle(succeeded=20, running=1)
        assert begun.wait(10)
        world.dispatcher.stop()
        world.dispatcher.run()

    assert world.delivery("call").state is State.RETRYING
    assert [attempt.verdict for attempt in world.attempts("call")] == ["interrupted"]


def test_a_cancelled_delivery_is_not_sent(world):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=url)
        world.promise(*many(2))
        world.writer.submit(Cancel(ids=("delivery-0",))).result(10)
        world.settle(succeeded=1, cancelled=1)

    assert [header(request, b"webhook-id") for request in received] == ["delivery-1"]


def test_a_rate_limit_delays_and_drops_nothing(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops={"url": Secret(url), "rate_limit": Rate(2, SECOND)})
        world.promise(*many(5))
        for expected in (2, 4, 5):
            world.settle(succeeded=expected)
            world.dispatcher.step(timedelta())
            assert world.states()[State.SUCCEEDED] == expected
            world.now += SECOND


def test_a_destination_that_hangs_delays_no_other(world):
    released = Event()

    def hang(connection):
        released.wait(20)
        connection.close()

    with serving(hang) as slow, serving(answering(status("200 OK"))) as quick:
        world.send_to(slow=slow, quick=quick)
        world.promise(*many(300, lane="slow", destination="slow"))
        world.settle(running=256)
        world.promise(
            *[a_delivery(id=f"quick-{n}", lane="quick", destination="quick") for n in range(20)]
        )
        world.settle(succeeded=20)
        assert world.states()[State.RUNNING] == 256
        released.set()


def test_deliveries_in_order_go_out_one_after_the_other(world):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=url)
        world.promise(*many(5, order_key="web"))
        world.settle(succeeded=5)

    ids = [header(request, b"webhook-id") for request in received]
    assert ids == [f"delivery-{number}" for number in range(5)]


def test_run_starts_with_what_an_earlier_life_left_and_stops_when_it_is_told(world):
    sent = Event()

    def answer(connection):
        connection.sendall(status("200 OK"))
        sent.set()

    world.writer.submit(Promise((a_delivery(),))).result(10)
    with serving(answer) as url:
        world.send_to(ops=url)
        thread = Thread(target=world.dispatcher.run)
        thread.start()
        assert sent.wait(10)
        world.dispatcher.stop()
        thread.join(10)

    assert not thread.is_alive()
    assert world.delivery().state is State.SUCCEEDED


def test_an_attempt_that_outlasts_the_stop_is_made_again_with_its_id(world):
    begun, received = Event(), []

    def hang(connection):
        begun.set()
        read_request(connection)

    with serving(hang, received) as url:
        world.send_to(ops=url)
        thread = Thread(target=world.dispatcher.run)
        thread.start()
        world.promise(a_delivery())
        assert begun.wait(10)
        world.dispatcher.stop()
        thread.join(10)

    delivery = world.delivery()
    assert (delivery.state, delivery.due_at, delivery.attempts) == (State.RETRYING, NOON, 1)
    assert [attempt.verdict for attempt in world.attempts()] == ["interrupted"]


def test_what_a_crash_cut_short_is_sent_again(world):
    received = []
    world.promise(a_delivery())
    world.writer.submit(Claim(ids=("delivery-1",), at=NOON)).result(10)
    world.writer.submit(Release(at=NOON)).result(10)

    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=url)
        world.settle(succeeded=1)

    assert [header(request, b"webhook-id") for request in received] == ["delivery-1"]


def test_while_no_claim_commits_nothing_is_sent(world):
    received = []
    with serving(answering(status("200 OK")), received) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.db.execute("pragma query_only = on")  # as good as a full disk
        world.until(lambda: world.writer.trouble is not None)
        assert received == []

        world.db.execute("pragma query_only = off")
        world.settle(succeeded=1)


def test_what_ended_while_the_journal_takes_nothing_is_recorded_later(world):
    def break_journal(connection):
        world.db.execute("pragma query_only = on")
        connection.sendall(status("200 OK"))

    with serving(break_journal) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.until(lambda: world.writer.trouble is not None)
        assert (len(world.told), world.states()) == (1, {State.RUNNING: 1})

    world.db.execute("pragma query_only = off")
    world.settle(succeeded=1)


def test_a_write_that_the_journal_refuses_is_tried_again_after_a_pause(world):
    with serving(answering(status("200 OK"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.writer.submit(Statement("alter table attempts rename to gone")).result(10)
        world.until(lambda: world.told)
        world.until(lambda: world.dispatcher._records.rest_until is not None)

        world.writer.submit(Statement("alter table gone rename to attempts")).result(10)
        world.now += 2 * SECOND
        world.settle(succeeded=1)


def test_a_clock_that_is_set_back_makes_nothing_wait_the_longer(world):
    with serving(answering(status("503 Busy"))) as url:
        world.send_to(ops=url)
        world.promise(a_delivery())
        world.settle(retrying=1)
        world.now -= timedelta(hours=1)
        world.until(lambda: world.delivery().due_at == world.now + SECOND / 2)
