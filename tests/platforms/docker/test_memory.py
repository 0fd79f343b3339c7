import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from reactor.engine.runs import Kill, Replacement, Run
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.events import parse_event
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.memory import Memory, engine_of
from reactor.platforms.docker.objects import Standing, Thing
from tests.builders import replace
from tests.platforms.docker.story import COMPOSE, ENGINE, Story, an_event, at

WEB = Known(
    id="c0ffee",
    name="web-1",
    image="nginx:1.27",
    labels={"tier": "front"},
    state="Stopped",
    created_at=at(0),
    finished_at=at(9),
    exit_code=137,
    restart_count=2,
    oom_killed=True,
    health="unhealthy",
    run=Run(
        started_at=at(1),
        kills=(Kill(signal=1, at=at(2)),),
        oom_at=at(8),
        died_at=at(9),
        exit_code=137,
        has_service=True,
        replacement=Replacement(name="web-2", image="nginx:1.28", created_at=at(8)),
    ),
    short_runs=1,
    judged=Judgement(cause=Cause.CRASH_LOOP, planned=False, evidence=("die",), own=Cause.OOM),
)


def kept_after(memory, kept=None, since=None):
    """What the journal has then: JSON, and nothing that was to be forgotten."""
    values = {**(kept or {}), **memory.changed(since)}
    return json.loads(json.dumps({key: each for key, each in values.items() if each is not None}))


def of_containers(*containers):
    memory = Memory({}, ENGINE)
    for known in containers:
        memory.keep(known)
    memory.baseline(at(10))
    return kept_after(memory, since=5)


def test_what_is_kept_is_found_again():
    memory = Memory(of_containers(WEB), ENGINE)

    assert memory.containers() == {"c0ffee": WEB}
    assert memory.has_baseline
    assert memory.since == 5


times = st.none() | st.integers(0, 10**6).map(at)
texts = st.text(max_size=5)
runs = st.builds(
    Run,
    started_at=times,
    kills=st.lists(st.builds(Kill, signal=st.integers(0, 64), at=st.just(at(1)))).map(tuple),
    stopped_at=times,
    exit_code=st.none() | st.integers(-1, 255),
    oom_killed=st.none() | st.booleans(),
)
judgements = st.none() | st.builds(
    Judgement,
    cause=st.sampled_from(Cause),
    planned=st.none() | st.booleans(),
    evidence=st.lists(texts).map(tuple),
    own=st.none() | st.sampled_from(Cause),
)


@given(
    st.builds(
        Known,
        id=st.just("c0ffee"),
        name=texts,
        labels=st.dictionaries(texts, texts, max_size=3),
        state=st.sampled_from(["", "Starting", "Running", "Stopping", "Stopped"]),
        created_at=times,
        node_id=st.none() | texts,
        run=runs,
        short_runs=st.integers(0, 100),
        told=st.integers(0, 1 << 62),
        judged=judgements,
    )
)
def test_whatever_is_known_of_a_container_survives_the_journal(known):
    assert Memory(of_containers(known), ENGINE).containers() == {"c0ffee": known}


def test_only_what_changed_is_written():
    memory = Memory(of_containers(WEB), ENGINE)
    memory.containers()

    memory.keep(WEB)
    assert memory.changed(None) == {}

    memory.keep(in_state(WEB, "Running"))
    assert list(memory.changed(7)) == ["container/c0ffee", "since"]
    assert memory.changed(None) == {}


def in_state(known, state):
    return structs.replace(known, state=state)


def test_what_is_terminated_is_forgotten():
    kept = of_containers(WEB)
    memory = Memory(kept, ENGINE)
    memory.containers()

    memory.keep(in_state(WEB, "Terminated"))

    assert Memory(kept_after(memory, kept), ENGINE).containers() == {}


def test_what_was_known_of_another_engine_is_forgotten():
    kept = of_containers(WEB)
    memory = Memory(kept, replace(ENGINE, id="OTHER"))

    assert (memory.containers(), memory.has_baseline, memory.since) == ({}, False, None)
    assert list(kept_after(memory, kept)) == ["engine", "name"]


def test_the_engine_of_the_last_time_is_known_before_it_can_be_reached():
    engine = engine_of(of_containers())

    assert (engine.id, engine.name) == (ENGINE.id, ENGINE.name)
    assert engine_of({}) is None
    assert engine_of({"engine": "0 of another form"}) is None


@pytest.mark.parametrize(
    "damage",
    [{"container/c0ffee": {"state": 7}}, {"container/c0ffee": None}, {"since": "soon"}],
)
def test_what_cannot_be_read_is_as_if_it_was_not_there(damage):
    memory = Memory({**of_containers(WEB), **damage}, ENGINE)

    assert memory.containers() in ({}, {"c0ffee": WEB})
    assert memory.since in (5, None)


def test_an_engine_that_has_only_older_events_moves_nobody_back():
    story = Story()
    story.tell(an_event("create", seconds=60))

    story = story.again()
    story.tell(an_event("create", "other", seconds=10))

    assert story.kept["since"] == str(an_event("create", seconds=60)["timeNano"])


STOP = (
    an_event("kill", seconds=0, signal="15", **COMPOSE),
    an_event("die", seconds=0.1, exitCode="143", **COMPOSE),
    an_event("stop", seconds=0.2, **COMPOSE),
)


def stopped():
    """A story in which a container of a service was told to have been stopped, and its frame."""
    story = Story()
    told = story.tell(*STOP) + story.wait(5)
    (end,) = (each for each in told if each.line[:3] == ("container", "Stopped", "planned_stop"))
    return story, end


def ends_kept(story):
    return [key for key, value in story.kept.items() if key.startswith("end/") and value]


def test_a_replacement_that_was_made_while_nobody_watched_still_corrects_what_was_told():
    story, end = stopped()

    told = story.again().tell(*STOP, an_event("create", "new", 20, **COMPOSE))

    (revised,) = (each for each in told if each.data["type"] == "revised")
    assert (revised.line[2:], revised.data["was"]) == (("deploy", True), "planned_stop")
    assert revised.data["revises"] == end.data["uuid"]
    assert revised.facts["container"]["exit_code"] == 143
    assert revised.facts["container"]["new_image"] == "nginx:1.27"


def test_an_engine_that_was_lost_while_nobody_watched_still_corrects_what_was_told():
    story = stopped()[0].again()

    story.model.restarted(at(9))

    assert [each.line[:3] for each in story.told() if each.data["type"] == "revised"] == [
        ("revised", None, "host_down")
    ]
    assert ends_kept(story) == []


@pytest.mark.parametrize(
    "later",
    [
        an_event("create", "new", 20, **COMPOSE),
        an_event("start", seconds=20, **COMPOSE),
        an_event("create", "other", 61, **{**COMPOSE, "com.docker.compose.service": "db"}),
    ],
    ids=["revised", "started", "a minute later"],
)
def test_an_end_that_stays_as_it_was_told_is_forgotten(later):
    story, _ = stopped()
    assert len(ends_kept(story)) == 1

    story.tell(later)

    assert ends_kept(story) == []
    assert story.again().tell(an_event("create", "newer", 62, **COMPOSE))[0].line[0] == "container"


def test_an_event_that_was_handed_in_is_known_again_and_no_later_one():
    memory = Memory(of_containers(structs.replace(WEB, told=7)), ENGINE)
    memory.containers()

    first, last, later = (parse_event(an_event("start") | {"timeNano": n}) for n in (6, 7, 8))

    assert [memory.has(each) for each in (first, last, later, first)] == [True, True, False, False]


def test_the_services_and_nodes_of_a_swarm_are_found_again_as_they_were_left():
    shop, web = Thing("stack", "s", "shop"), Thing("service", "w", "web")
    service = Standing(id="svc1", thing=web, stack=shop, state="Running")
    node = Standing(id="node-2", thing=Thing("node", "n", "dock2"), state="Deployed")
    memory = Memory({}, ENGINE)
    memory.keep_swarm([service, node])
    kept = kept_after(memory)

    memory = Memory(kept, ENGINE)
    assert set(memory.swarm()) == {service, node}
    memory.keep_swarm([replace(service, state="Stopped")])

    changed = memory.changed(None)
    assert changed.keys() == {"swarm/service/svc1", "swarm/node/node-2"}
    assert changed["swarm/node/node-2"] is None
    memory.keep_swarm([replace(service, state="Stopped")])
    assert memory.changed(None) == {}
