from threading import Event
from types import SimpleNamespace

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.operating import Operations, Ways
from reactor.hub.docker.survey import survey
from reactor.hub.fleet import NoSuchObject, NotAllowed, Unavailable
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.objects import container_uuid, node_of
from tests.fakes import PATIENCE
from tests.hub.docker.samples import (
    C1,
    LABELS,
    NOW,
    SHOP,
    WEB,
    a_call,
    a_holding,
    an_inspection,
    news,
    told,
)
from tests.hub.docker.test_survey import have
from tests.platforms.docker.acted_engine import ENGINE, acted_engine

NODE = node_of(ENGINE).uuid


@pytest.fixture
def engine():
    with acted_engine() as engine:
        have(engine, "c1", **LABELS)
        yield engine


def stop_in(engine):
    """The container has ended, as an inspection shows."""
    said = engine.answers["/containers/c1/json"][1]
    engine.answers["/containers/c1/json"] = (200, {**said, "State": {"Status": "exited"}})


class Stage:
    """Operations over an engine that was met, and what is told and logged of them."""

    def __init__(self, engine, own=frozenset(), compose=None):
        self.engine, self.warned = engine, []
        self.holding, self.frames = a_holding()
        with self.holding.changing() as register:
            lay(register, survey(engine.client), NOW)
        compose = compose or Compose(parse_address(engine.url), None, environ={})
        ways = Ways(client=engine.client, compose=compose, own=own)
        self.operations = Operations(ways, self.holding, Event(), self.warned.append)

    def begin(self, kind, uuid, verb):
        return self.operations.begin(kind, uuid, a_call(verb)).split("/")[-2]

    def ended(self, action):
        """State and words of an action at its end."""
        done = ("Success", "Failed")
        assert self.holding.wait(lambda known: known.entries[action].state in done, PATIENCE)
        with self.holding.reading() as register:
            return register.entries[action].state, register.orders[action].said

    def tell(self, *states, of="c1"):
        with self.holding.changing() as register:
            for state in states:
                register.containers[container_uuid(of)] = an_inspection(of, started_at=None)
                register.take(news(state, uuid=container_uuid(of)))
                register.take(news(state, "service", WEB))
                register.take(news(state, "stack", SHOP))


def test_a_call_is_an_action_from_pending_to_success(engine):
    stage = Stage(engine)
    engine.answers["/containers/c1/json"] = (404, {})

    action = stage.begin("service", WEB, "terminate")
    stage.tell("Terminated")

    assert stage.ended(action) == ("Success", "stopped and removed")
    actions = [state for kind, _, state in told(stage.frames) if kind == "action"]
    assert actions == ["Pending", "In progress", "Success"]
    services = [state for kind, _, state in told(stage.frames) if kind == "service"]
    assert services == ["Terminating", "Terminated"]


def test_an_action_names_the_object_and_its_parents(engine):
    stage = Stage(engine)
    stop_in(engine)

    action = stage.begin("container", C1, "stop")

    first = stage.frames[0]
    assert [uri.split("/")[-3] for uri in first["parents"]] == [
        "container",
        "service",
        "node",
        "stack",
    ]
    assert first["resource_uri"] == f"/api/audit/v1/action/{action}/"
    stage.tell("Stopped")
    stage.ended(action)


def test_what_the_engine_refuses_fails_in_its_words_and_all_is_as_before(engine):
    stage = Stage(engine)
    engine.answers["POST /containers/c1/stop"] = (500, {"message": "cannot stop"})

    action = stage.begin("container", C1, "stop")

    assert stage.ended(action) == ("Failed", "cannot stop")
    containers = [state for kind, _, state in told(stage.frames) if kind == "container"]
    assert containers == ["Stopping", "Running"]


def test_what_we_run_in_is_left_alone(engine):
    stage = Stage(engine, own=frozenset({"c1"}))

    state, said = stage.ended(stage.begin("service", WEB, "redeploy"))

    assert state == "Failed"
    assert "does not act on itself" in said
    assert engine.calls == []


def test_an_engine_that_is_away_fails_the_call():
    with acted_engine() as engine:
        have(engine, "c1", **LABELS)
        stage = Stage(engine)

    state, said = stage.ended(stage.begin("container", C1, "stop"))

    assert (state, bool(said)) == ("Failed", True)


@pytest.mark.parametrize(
    ("kind", "uuid", "verb", "error", "why"),
    [
        ("container", C1, "start", NotAllowed, "does not start"),
        ("node", NODE, "stop", NotAllowed, "A node takes no calls here"),
        ("container", WEB, "stop", NoSuchObject, "There is no container"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(engine, kind, uuid, verb, error, why):
    stage = Stage(engine)

    with pytest.raises(error, match=why):
        stage.begin(kind, uuid, verb)

    assert stage.frames == []


def test_a_stack_waits_for_its_services_and_takes_them_along(engine):
    stage = Stage(engine)
    stop_in(engine)
    stop = stage.begin("service", WEB, "stop")
    with pytest.raises(NotAllowed, match="its service web is Stopping"):
        stage.begin("stack", SHOP, "stop")
    stage.tell("Stopped")
    stage.ended(stop)
    stage.tell("Running")
    stage.frames.clear()

    action = stage.begin("stack", SHOP, "stop")
    stage.tell("Stopped")
    stage.ended(action)

    states = [state for kind, _, state in told(stage.frames) if kind in ("stack", "service")]
    assert sorted(states) == ["Stopped", "Stopped", "Stopping", "Stopping"]


def test_who_acts_on_a_containers_frame_finds_its_service_as_it_then_is(engine):
    stage = Stage(engine)
    with stage.holding.changing() as register:
        register.take(news("Stopping", "service", WEB))
        register.take(news("Stopped"))
    stop_in(engine)

    action = stage.begin("service", WEB, "redeploy")
    stage.tell("Stopped")

    assert stage.ended(action)[0] == "Success"


@pytest.mark.parametrize(("verb", "state"), [("stop", "Failed"), ("terminate", "Success")])
def test_what_the_engine_has_no_more_is_terminated(engine, verb, state):
    stage = Stage(engine)
    engine.containers.clear()

    assert stage.ended(stage.begin("container", C1, verb)) == (state, "the engine has it no more")


def test_when_the_fleet_has_stopped_a_call_stays_pending(engine):
    stage = Stage(engine)
    stage.operations.close()

    action = stage.begin("container", C1, "stop")

    with stage.holding.reading() as register:
        assert register.entries[action].state == "Pending"
    assert stage.warned == []


def test_a_service_outlives_its_only_container_while_that_is_replaced(engine):
    def another():
        have(engine, "c2", **LABELS)
        engine.containers.pop(0)
        stage.tell("Stopping", "Stopped", "Terminated")
        stage.tell("Starting", "Running", of="c2")

    stage = Stage(engine, compose=Scaling(another))

    assert stage.ended(stage.begin("container", C1, "redeploy"))[0] == "Success"
    parts = [each for each in told(stage.frames) if each[0] in ("service", "stack")]
    assert parts == [("service", "update", "Redeploying"), ("service", "update", "Running")]


def test_a_container_that_is_only_restarted_stops_and_runs_again(engine):
    stage = Stage(engine)

    action = stage.begin("container", C1, "redeploy")
    stage.tell("Stopping", "Stopped", "Running")

    assert stage.ended(action) == ("Success", "restarted")
    containers = [state for kind, _, state in told(stage.frames) if kind == "container"]
    assert containers == ["Stopping", "Running"]


class Scaling:
    """A Compose that always can; `meanwhile` is called while it works."""

    def __init__(self, meanwhile):
        self._meanwhile = meanwhile

    def ready(self, _):
        return SimpleNamespace(tool="compose")

    def up(self, *_):
        self._meanwhile()


@pytest.mark.parametrize(("later", "left"), [(3, {}), (5, {WEB: 5})])
def test_a_service_that_is_scaled_wants_only_what_was_written_since(engine, later, left):
    def write(count):
        stage.holding.written.change(lambda now: now.wanting(WEB, count))

    stage = Stage(engine, compose=Scaling(lambda: write(later)))
    write(3)

    assert stage.ended(stage.begin("service", WEB, "scale")) == (
        "Success",
        "scaled to 3 by compose",
    )
    assert stage.holding.written.present.wanted == left


def test_that_it_wants_no_more_may_fail_to_be_kept(engine):
    def refuse(_):
        raise Unavailable("The disk is full.")

    stage = Stage(engine, compose=Scaling(lambda: None))
    stage.holding.written.change(lambda now: now.wanting(WEB, 3))
    stage.holding.written._keep = refuse

    assert stage.ended(stage.begin("service", WEB, "scale"))[0] == "Success"
    assert stage.warned == [f"the service {WEB} was scaled, and still wants 3: The disk is full."]
