"""Time in the service as a whole: silences, timers, and firings that wait for deliveries."""

from datetime import timedelta

import pytest

from reactor.changes import add_silence, change_deliveries, expire_silences
from reactor.clock import utc_now
from reactor.model.match import Reason
from tests.builders import a_silence
from tests.endpoint import listening
from tests.fakes import PATIENCE
from tests.worlds import World

SINGLE = ("match:", "mode: single\n    match:")
NOWHERE = "http://127.0.0.1:9/"


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def world(tmp_path, endpoint):
    return World(tmp_path, endpoint.url)


@pytest.fixture
def service(world):
    service = world.service()
    service.start()
    yield service
    service.stop()
    assert world.failures.empty()


def test_a_silence_holds_in_the_running_service_at_once(world, service):
    silence = a_silence(text="type=container", expires_at=utc_now() + timedelta(hours=1))

    add_silence(world.data_dir, silence)
    assert world.became(1) is Reason.SILENCED

    expire_silences(world.data_dir, [silence.id])
    assert world.became(2) is Reason.FIRED


def test_a_silence_that_was_kept_while_nothing_ran_holds_from_the_start(world):
    world.service().stop()
    later = utc_now() + timedelta(hours=1)
    add_silence(world.data_dir, a_silence(text="type=container", expires_at=later))

    service = world.service()
    service.start()

    assert world.became(1) is Reason.SILENCED
    service.stop()


def test_a_timer_fires_without_any_event(world, endpoint):
    world.ruleset(("match:", "for: 50ms\n    match:"))
    service = world.service()
    service.start()

    assert world.became(1) is Reason.WAITING
    (settled,) = world.committed.get(timeout=PATIENCE).settled
    assert (settled.event_id, settled.reason) == ("event-1", Reason.FIRED)
    assert endpoint.wait(1)[0].id == settled.delivery_id
    service.stop()


def test_a_firing_is_over_when_its_delivery_is_made(world, endpoint):
    world.ruleset(SINGLE)
    service = world.service()
    service.start()
    assert world.became(1) is Reason.FIRED
    endpoint.wait(1)

    # Until the end of the delivery has come back down the road, the next one is held back.
    reasons = (world.became(number) for number in range(2, 1000))

    assert next(reason for reason in reasons if reason is not Reason.MODE) is Reason.FIRED
    service.stop()


def test_a_firing_whose_delivery_ended_while_nothing_ran_is_over_too(tmp_path):
    world = World(tmp_path, NOWHERE)
    world.ruleset(SINGLE)
    service = world.service()
    service.start()
    assert world.became(1) is Reason.FIRED
    assert world.became(2) is Reason.MODE
    service.stop()
    (delivery,) = world.deliveries()
    change_deliveries(world.data_dir, "cancel", [delivery.id])

    service = world.service()
    service.start()

    assert world.became(3) is Reason.FIRED
    service.stop()


def test_a_firing_whose_delivery_is_cancelled_is_over_at_once(tmp_path):
    world = World(tmp_path, NOWHERE)
    world.ruleset(SINGLE)
    service = world.service()
    service.start()
    assert world.became(1) is Reason.FIRED
    world.attempts.get(timeout=PATIENCE)

    eventually_cancelled(world)

    assert world.became(2) is Reason.FIRED
    service.stop()


def eventually_cancelled(world):
    """Ask until the attempt, of which we were told, is recorded too."""
    (delivery,) = world.deliveries()
    while "cancelled" not in change_deliveries(world.data_dir, "cancel", [delivery.id]).values():
        pass


def test_a_reload_says_which_memory_it_dropped(world, service, endpoint):
    service.reload(world.ruleset(("match:", "throttle: 1 per 1h\n    match:")))
    assert world.became(1) is Reason.FIRED

    told = service.reload(world.ruleset(("1 per 1h", "1 per 2h")))

    assert "; dropped 1 memory of rule 'each' (throttle), 0 deliveries" in told
