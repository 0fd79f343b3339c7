import json
import re
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.hub.fleet import Fleet, NoSuchObject, NotAllowed
from tests.hub.fleets import A_WHILE, START, a_call, a_fleet, heard, operate, uuid_of

WORDS = {
    "container": "Starting, Running, Stopping, Stopped, Terminating, Terminated",
    "service": "Not running, Starting, Running, Partly running, Scaling, Redeploying, Stopping, "
    "Stopped, Terminating, Terminated",
    "stack": "Not running, Starting, Running, Partly running, Stopping, Stopped, Redeploying, "
    "Terminating, Terminated",
    "node": "Deployed, Unreachable",
    "nodecluster": "Deployed",
    "action": "Pending, In progress, Success",
}
STATES = {kind: set(words.split(", ")) for kind, words in WORDS.items()}
FIELDS = ["type", "action", "parents", "resource_uri", "state", "uuid", "datetime"]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

KINDS = st.sampled_from(["container", "service", "stack"])
VERBS = st.sampled_from(["start", "stop", "redeploy", "terminate", "scale"])
PICK = st.integers(0, 999)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("operate"), KINDS, VERBS, PICK),
        st.tuples(st.just("want"), PICK, st.integers(0, 4)),
        st.tuples(st.just("crash"), PICK, st.sampled_from([0, 1, 137])),
        st.tuples(st.just("node"), PICK, st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([0.1, 0.4, 0.6, 1.5, 5.0, 400.0])),
    ),
    min_size=5,
    max_size=40,
)


def perform(fleet, now, step):
    """One step of a random life; what is not allowed is passed over. Returns the time after it."""
    match step:
        case ("operate", kind, verb, pick):
            fleet.operate(kind, picked(fleet, kind, pick), a_call(verb))
        case ("want", pick, count):
            call = a_call("update", target_num_containers=count)
            fleet.operate("service", picked(fleet, "service", pick), call)
        case ("crash", pick, exit_code):
            fleet.crash(picked(fleet, "container", pick), exit_code)
        case ("node", pick, lost):
            (fleet.lose if lost else fleet.recover)(picked(fleet, "node", pick))
        case ("wait", seconds):
            now += timedelta(seconds=seconds)
            fleet.advance(now)
    return now


def picked(fleet, kind, pick):
    objects = fleet.objects(kind)
    return str(objects[pick % len(objects)]["uuid"]) if objects else "nobody"


def live(steps):
    """A fleet after these steps, the time it is, and all its frames."""
    fleet, now = a_fleet(seed=3), START
    frames = heard(fleet)
    for step in steps:
        try:
            now = perform(fleet, now, step)
        except (NotAllowed, NoSuchObject):
            continue
    return fleet, now, frames


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_states_are_always_words_of_their_type(steps):
    fleet, _, frames = live(steps)

    for kind, words in STATES.items():
        assert {shown["state"] for shown in fleet.objects(kind)} <= words
        assert {frame["state"] for frame in frames if frame["type"] == kind} <= words


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_every_frame_has_all_its_fields_and_a_uuid_of_its_own(steps):
    fleet, now, frames = live(steps)
    fleet.advance(now + A_WHILE)

    for frame in frames:
        assert list(frame) == FIELDS
        assert frame["action"] in ("create", "update")
        assert all(isinstance(parent, str) for parent in frame["parents"])
        assert MOMENT.fullmatch(frame["datetime"])
        assert UUID4.fullmatch(frame["uuid"])
    created = [frame["resource_uri"] for frame in frames if frame["action"] == "create"]
    uuids = [frame["uuid"] for frame in frames] + created
    assert len(uuids) == len(set(uuids))
    assert [frame["datetime"] for frame in frames] == sorted(frame["datetime"] for frame in frames)


def settled(deployed):
    """The states that a service with such containers can rest in."""
    if not deployed:
        return {"Not running", "Terminated"}
    alone = {frozenset({"Running"}): "Running", frozenset({"Stopped"}): "Stopped"}
    return {alone.get(frozenset(deployed), "Partly running")}


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_when_all_is_quiet_services_agree_with_their_containers(steps):
    fleet, now, _ = live(steps)
    fleet.advance(now + A_WHILE)

    containers = fleet.objects("container")
    assert {each["state"] for each in containers} <= {"Running", "Stopped", "Terminated"}
    for service in fleet.objects("service"):
        own = [each for each in containers if each["service"] == service["resource_uri"]]
        deployed = [each for each in own if each["state"] != "Terminated"]
        assert service["containers"] == [each["resource_uri"] for each in deployed]
        assert service["current_num_containers"] == len(deployed)
        assert service["state"] in settled({each["state"] for each in deployed})


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_what_the_frames_said_last_is_what_the_objects_say(steps):
    fleet, now, frames = live(steps)
    fleet.advance(now + A_WHILE)

    said = {frame["resource_uri"]: frame["state"] for frame in frames}

    for kind in STATES:
        for shown in fleet.objects(kind):
            assert shown["state"] == said.get(shown["resource_uri"], shown["state"])


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_the_same_calls_make_the_same_frames_byte_for_byte(steps):
    _, _, first = live(steps)
    _, _, again = live(steps)

    assert json.dumps(first) == json.dumps(again)


@settings(max_examples=30, deadline=None)
@given(STEPS)
def test_no_frame_repeats_the_state_that_an_object_has(steps):
    _, _, frames = live(steps)
    said = {}

    for frame in frames:
        assert said.get(frame["resource_uri"]) != frame["state"]
        said[frame["resource_uri"]] = frame["state"]


def test_a_crash_is_a_frame_stopped_and_the_container_comes_back():
    fleet = a_fleet()
    frames = heard(fleet)
    uuid = fleet.running("web")[0]

    fleet.crash(uuid, 137)
    fleet.advance(START + A_WHILE)

    own = [frame["state"] for frame in frames if uuid in frame["resource_uri"]]
    assert own == ["Stopped", "Starting", "Running"]


def test_only_a_running_container_can_crash():
    fleet = a_fleet()
    (uuid,) = fleet.running("backup")
    fleet.crash(uuid, 0)

    with pytest.raises(NotAllowed, match="A container that is Stopped cannot end by itself"):
        fleet.crash(uuid, 1)


def test_a_node_is_lost_once_and_recovers_once():
    fleet = a_fleet()
    frames = heard(fleet)
    uuid = str(fleet.objects("node")[0]["uuid"])

    for change in (fleet.recover, fleet.lose, fleet.lose, fleet.recover, fleet.recover):
        change(uuid)

    assert [frame["state"] for frame in frames] == ["Unreachable", "Deployed"]


@pytest.mark.parametrize("kind", list(STATES))
def test_an_object_that_is_not_there_is_no_such_object(kind):
    with pytest.raises(NoSuchObject, match=f"There is no {kind} nobody"):
        a_fleet().find(kind, "nobody")


def test_time_goes_on_to_the_next_thing_that_is_due():
    fleet: Fleet = a_fleet()
    assert fleet.next_due() is None

    operate(fleet, "container", "web-1", "stop")

    assert fleet.next_due() == START + timedelta(seconds=0.5)


def test_a_call_after_a_quiet_time_has_the_time_of_the_last_advance():
    fleet = a_fleet()
    frames = heard(fleet)
    fleet.advance(START + timedelta(seconds=10))

    operate(fleet, "container", "web-1", "stop")

    assert frames[0]["datetime"] == "2030-01-07T12:35:06Z"


def test_a_listener_may_ask_the_fleet_and_call_it():
    fleet, seen = a_fleet(), []

    def listener(frame):
        seen.append(fleet.find(frame["type"], frame["resource_uri"].split("/")[-2])["state"])
        if len(seen) == 1:
            operate(fleet, "service", "worker", "stop")

    fleet.listen(listener)
    operate(fleet, "service", "web", "stop")

    assert seen.count("Stopping") == 7  # both services, and their five containers
    assert len(seen) == len(fleet.objects("action")) * 2 + 7 + 1  # the stack


def test_a_listener_hears_nothing_any_more_after_the_end():
    fleet, frames = a_fleet(), []
    end = fleet.listen(frames.append)
    others = heard(fleet)

    end()
    operate(fleet, "service", "web", "stop")

    assert frames == []
    assert others != []


def test_many_threads_hear_and_make_every_frame_in_one_order():
    fleet, services = a_fleet(), ("web", "worker", "front", "cache", "backup")
    one, other = heard(fleet), heard(fleet)
    together = Barrier(len(services))

    def calls(service):
        together.wait(5)
        operate(fleet, "service", service, "stop")
        fleet.advance(START + A_WHILE)

    threads = [Thread(target=calls, args=(service,)) for service in services]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    fleet.advance(START + 2 * A_WHILE)

    assert one == other
    stopped = [
        frame for frame in one if frame["type"] == "container" and frame["state"] == "Stopped"
    ]
    assert len(stopped) == 9


def test_a_container_has_a_log():
    fleet = a_fleet()

    log = fleet.logs("container", uuid_of(fleet, "container", "web-1"), tail=1, follow=False)

    assert [line.text for line in log.read()] == ["web-1: acme/shop-web:2.4.1 is ready\n"]


def test_a_command_runs_in_a_container_that_runs():
    fleet = a_fleet()
    uuid = uuid_of(fleet, "container", "backup-1")

    assert fleet.execute(uuid, ["echo", "hello"]).read()[0].text == "hello\n"
    fleet.crash(uuid, 1)
    with pytest.raises(NotAllowed, match="Stopped"):
        fleet.execute(uuid, ["echo", "hello"])
