from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.settling import Settling
from reactor.hub.docker.survey import survey
from reactor.model.request import Response
from reactor.platforms.docker.finding import Found, Member, SwarmService
from tests.fakes import PATIENCE
from tests.hub.docker.samples import C1, LABELS, NOW, SHOP, WEB, a_holding, an_inspection, news
from tests.hub.docker.test_survey import have
from tests.platforms.docker.acted_engine import ENGINE, MANAGER, acted_engine

DONE = Response(status=200, detail="done")
FOUND = Found(kind="service", name="web", containers=(Member(id="c1", name="web", labels=LABELS),))
SWARMED = Found(
    kind="service",
    name="api",
    services=(SwarmService(id="s1", name="api", labels={}, spec={}, version=1, updated_at=None),),
)


@pytest.fixture
def engine():
    with acted_engine() as engine:
        have(engine, "c1", **LABELS)
        yield engine


@pytest.fixture
def holding(engine):
    holding, _ = a_holding()
    with holding.changing() as register:
        lay(register, survey(engine.client), NOW)
    return holding


class Waiting:
    """Waits in a thread for what came of a call to a service; `ended` tells the answer."""

    def __init__(self, engine, holding, verb="stop", found=FOUND, described=ENGINE):
        self._settling = Settling(engine.client, holding, Event())
        with holding.reading() as register:
            entry = register.get("service", WEB)
        self._answers = []

        def wait():
            answer = self._settling.wait(entry, described, found, verb, DONE)
            self._answers.append(answer)

        self._thread = Thread(target=wait)
        self._thread.start()

    @property
    def is_over(self):
        return not self._thread.is_alive()

    def ended(self):
        self._thread.join(PATIENCE)
        (answer,) = self._answers
        return answer


def tell(holding, state, **changes):
    with holding.changing() as register:
        if changes:
            register.containers[C1] = an_inspection(**changes)
        register.take(news(state))
        register.take(news(state, "service", WEB))
        register.take(news(state, "stack", SHOP))


def test_what_is_as_it_was_told_is_done_at_once(engine, holding):
    assert Waiting(engine, holding).ended() is DONE


def test_an_end_is_waited_for(engine, holding):
    said = engine.answers["/containers/c1/json"][1]
    stopped = {**said, "State": {"Status": "exited", "FinishedAt": "2031-05-06T17:00:00Z"}}
    engine.answers["/containers/c1/json"] = (200, stopped)

    waiting = Waiting(engine, holding)
    tell(holding, "Stopping")
    assert not waiting.is_over
    tell(holding, "Stopped")

    assert waiting.ended() is DONE


def test_a_new_run_is_waited_for(engine, holding):
    started_at = NOW + timedelta(minutes=1)
    said = engine.answers["/containers/c1/json"][1]
    state = {"Status": "running", "Running": True, "StartedAt": "2031-05-06T17:09:09Z"}
    engine.answers["/containers/c1/json"] = (200, {**said, "State": state})

    waiting = Waiting(engine, holding, "redeploy")
    tell(holding, "Stopped")
    assert not waiting.is_over
    tell(holding, "Running", started_at=started_at)

    assert waiting.ended() is DONE


def test_a_removal_is_waited_for(engine, holding):
    engine.containers.clear()

    waiting = Waiting(engine, holding, "terminate")
    tell(holding, "Stopped")
    assert not waiting.is_over
    tell(holding, "Terminated")

    assert waiting.ended() is DONE


def swarm(engine, update, running=1):
    engine.serve("s1", 1)
    engine.services[0]["UpdateStatus"] = {"State": update}
    engine.answers["/nodes"] = (200, [])
    task = {"ServiceID": "s1", "DesiredState": "running", "Status": {"State": "running"}}
    engine.answers["/tasks"] = (200, [task] * running)


@pytest.mark.parametrize(
    ("verb", "update", "running", "detail"),
    [
        ("redeploy", "completed", 1, "done"),
        ("start", "", 1, "done"),
        ("redeploy", "paused", 0, "broke off the update of 'name-s1': paused"),
    ],
)
def test_a_swarm_is_asked_until_it_has_carried_it_out(
    engine, holding, verb, update, running, detail
):
    swarm(engine, update, running)

    assert detail in Waiting(engine, holding, verb, SWARMED, MANAGER).ended().detail


def test_the_end_of_a_service_of_a_swarm_is_waited_for(engine, holding):
    swarm(engine, "")
    engine.services.clear()

    waiting = Waiting(engine, holding, "terminate", SWARMED, MANAGER)
    tell(holding, "Terminated")

    assert waiting.ended() is DONE
