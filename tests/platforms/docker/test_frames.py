import json
from datetime import UTC, datetime

from msgspec.structs import replace

from reactor.engine.normalize import normalize, record_of
from reactor.engine.runs import Run
from reactor.model.event import Arrival
from reactor.model.platform import SHAPED
from reactor.model.uri import parse_uri
from reactor.platforms.docker.frames import SHAPES, as_thing, container_facts, fields, frame
from reactor.platforms.docker.known import Known
from tests.platforms.docker.story import COMPOSE, Story, an_event, at

ENDED = Known(
    id="c0ffee",
    name="web-1",
    image="nginx:1.27",
    state="Stopped",
    exit_code=137,
    restart_count=2,
    oom_killed=True,
    health="unhealthy",
    run=Run(started_at=at(0), died_at=at(2.5)),
)


def test_what_is_known_of_an_end_is_told():
    told = container_facts(ENDED, is_end=True)

    assert parse_uri(told["uri"]).id == told.pop("uuid")
    assert told.pop("uri").startswith("/api/app/v1/container/")
    assert told == {
        "docker_id": "c0ffee",
        "name": "web-1",
        "slot": "web-1",
        "image": "nginx:1.27",
        "state": "Stopped",
        "exit_code": 137,
        "restart_count": 2,
        "oom_killed": True,
        "health": "unhealthy",
        "started_at": "2031-05-06T10:20:00.000000Z",
        "ran_for": 2.5,
    }


def test_only_an_end_tells_how_the_run_ended_and_nothing_unknown_is_told():
    end, other = (container_facts(ENDED, is_end=is_end) for is_end in (True, False))

    assert end.keys() - other.keys() == {"exit_code", "oom_killed", "ran_for"}
    assert container_facts(Known(id="c0ffee"), is_end=True).keys() == {"uuid", "uri", "docker_id"}


def test_a_task_has_the_place_of_the_one_that_it_replaces():
    """Each has a name of its own, by which no throttle holds."""
    labels = {"com.docker.swarm.task.name": "web.1.63yuudp6qldc"}
    known = replace(ENDED, name="web.1.63yuudp6qldc", labels=labels)

    assert container_facts(known, is_end=True)["slot"] == "web.1"


def test_a_frame_is_named_by_what_made_it():
    data = fields(as_thing(ENDED), (), at(0), is_new=True)

    one, same, other = (frame(data, {}, identity) for identity in (("a", "b"), ("a", "b"), ("a",)))

    assert json.loads(one.raw) == {**data, "uuid": one.identity}
    assert (data["action"], data["datetime"]) == ("create", "2031-05-06T10:20:00.000000Z")
    assert one.identity == same.identity != other.identity


def test_every_frame_has_a_shape_that_was_said_before():
    labels = {"name": "web", **COMPOSE}
    story = Story()
    story.model.unreachable("no engine", at(-9))
    story.model.reached(at(-8))
    told = story.told() + story.tell(
        an_event("create", seconds=0, **labels),
        an_event("start", seconds=1, **labels),
        an_event("kill", seconds=2, signal="15", **labels),
        an_event("die", seconds=3, exitCode="0", **labels),
        an_event("stop", seconds=3.1, **labels),
        an_event("create", "new", seconds=20, **labels),
        an_event("destroy", seconds=30, **labels),
        an_event("destroy", "new", seconds=60, **labels),
    )
    story.wait(90)

    assert {each.data["type"] for each in told} >= {"container", "service", "node", "revised"}
    for each in told:
        assert any(all(each.data.get(name) in s[name] for name in SHAPED) for s in SHAPES)


def test_rules_see_the_facts_and_the_engines_event():
    told = Story().tell(an_event("die", exitCode="7", **COMPOSE))[0]
    raw, uuid = json.dumps(told.data).encode(), told.data["uuid"]
    arrival = Arrival(source="local", raw=raw, identity=uuid, platform=True, facts=told.facts)

    record = record_of(normalize(arrival, datetime(2030, 1, 7, tzinfo=UTC))).fields

    assert record["service"]["name"] == "web"
    assert (record["container"]["exit_code"], record["cause"]) == (7, "crash")
    assert record["docker"]["Action"] == "die"
