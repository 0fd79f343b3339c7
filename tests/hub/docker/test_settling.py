from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.settling import Settling
from reactor.hub.docker.survey import survey
from reactor.model.request import Response
from reactor.platforms.docker.finding import Found, Member, SwarmService
from reactor.platforms.docker.objects import swarm_node, swarm_service
from tests.fakes import PATIENCE
from tests.hub.docker.samples import (
    C1,
    LABELS,
    NOW,
    SHOP,
    WEB,
    a_holding,
    an_entry,
    an_inspection,
    news,
)
from tests.hub.docker.test_survey import have
from tests.platforms.docker.acted_engine import ENGINE, MANAGER, acted_engine

DONE = Response(status=200, detail="done")
FOUND = Found(kind="service", name="web", containers=(Member(id="c1", name="web", labels=LABELS),))
SWARMED = Found(
    kind="service",
    name="api",
    services=(SwarmService(id="s1", name="api", labels={}, spec={}, version=1, updated_at=None),),
)
API, API_URI = swarm_service("s1", "api").uuid, swarm_service("s1", "api").uri


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

    def __init__(self, engine, holding, verb="stop", found=FOUND, response=DONE):
        self._settling = Settling(engine.client, holding, Event())
        with holding.reading() as register:
            (entry,) = register.all("service")
        described = MANAGER if engine.services else ENGINE
        self._answers = []

        def wait():
            answer = self._settling.wait(entry, described, found, verb, response)
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


def test_that_a_start_failed_is_not_waited_for(engine, holding):
    said = engine.answers["/containers/c1/json"][1]
    engine.answers["/containers/c1/json"] = (
        200,
        {**said, "State": {"Status": "created", "ExitCode": 127}},
    )
    tell(holding, "Starting", started_at=None)

    assert Waiting(engine, holding, "start").ended() is DONE


def swarm(engine, update="", running=1, replicas=1):
    engine.services.clear()
    engine.serve("s1", replicas)
    engine.services[0]["UpdateStatus"] = {"State": update}
    engine.answers["/nodes"] = (200, [])
    task = {"ServiceID": "s1", "DesiredState": "running", "Status": {"State": "running"}}
    engine.answers["/tasks"] = (200, [task] * running)


@pytest.fixture
def api():
    """A service of a swarm with two containers, one of them on a node that is lost."""
    holding, _ = a_holding()
    lost = swarm_node("n9", "lost", MANAGER)
    with holding.changing() as register:
        register.put(an_entry("service", API))
        register.put(an_entry("node", lost.uuid, "Unreachable"))
        register.take(news("Running", parents=(API_URI,)))
        register.take(news("Running", uuid="c9", parents=(API_URI, lost.uri)))
    return holding


def tell_api(holding, container, service):
    with holding.changing() as register:
        register.take(news(container, parents=(API_URI,)))
        register.take(news(service, "service", API))


@pytest.mark.parametrize(
    ("verb", "update", "detail"),
    [
        ("redeploy", "completed", "done"),
        ("start", "", "done"),
        ("start", "paused", "done"),
        ("redeploy", "paused", "broke off the update of 'name-s1': paused"),
    ],
)
def test_a_swarm_is_asked_until_it_has_carried_it_out(engine, api, verb, update, detail):
    swarm(engine, update)

    assert detail in Waiting(engine, api, verb, SWARMED).ended().detail


def test_containers_that_a_swarm_has_told_to_end_are_waited_for(engine, api):
    swarm(engine, running=0, replicas=0)
    tell_api(api, "Running", "Stopped")

    waiting = Waiting(engine, api, "stop", SWARMED)
    tell_api(api, "Stopping", "Stopped")
    assert not waiting.is_over
    tell_api(api, "Stopped", "Stopped")

    assert waiting.ended() is DONE


def test_that_a_service_of_a_swarm_runs_is_waited_for(engine, api):
    swarm(engine)
    tell_api(api, "Starting", "Scaling")

    waiting = Waiting(engine, api, "scale", SWARMED)
    tell_api(api, "Running", "Partly running")
    assert not waiting.is_over
    tell_api(api, "Running", "Running")

    assert waiting.ended() is DONE


def test_the_end_of_a_service_of_a_swarm_and_of_its_containers_is_waited_for(engine, api):
    swarm(engine)
    waiting = Waiting(engine, api, "terminate", SWARMED)
    engine.services.clear()
    tell_api(api, "Stopped", "Terminated")
    assert not waiting.is_over
    tell_api(api, "Terminated", "Terminated")

    assert waiting.ended() is DONE


def test_a_swarm_replaces_a_container_without_an_update(engine, api):
    """The service, whose last update was broken off, comes to rest when it has as many again."""
    swarm(engine, "paused")
    task = replace(FOUND, kind="container")

    assert Waiting(engine, api, "redeploy", task).ended() is DONE


def test_what_a_swarm_refused_is_over(engine, api):
    refused = Response(status=409, detail="out of sequence")

    waiting = Waiting(engine, api, "stop", SWARMED, refused)

    assert waiting.ended() is refused
