"""The hub over a real Docker Engine: what the old clients ask, and what they hear."""

from contextlib import closing

import pytest

from reactor.clock import utc_now
from reactor.hub.fleet import NotAllowed, Unavailable
from tests.hub.replay import Examinee, replay, stories
from tests.hub.served import KEY, USER, Served
from tests.live.conftest import unavailable
from tests.live.deeds import OBEYS, member, ready
from tests.live.engine import EngineUnavailable, install_compose
from tests.live.hub import Project, docker_fleet, heard, named, operate, settle, states
from tests.service import eventually

pytestmark = pytest.mark.long  # minutes of a real engine


@pytest.fixture(scope="module")
def fleet(shared_engine):
    try:
        install_compose()
    except EngineUnavailable as error:
        unavailable(str(error))
    with docker_fleet(shared_engine.host, namespace="acme") as fleet:
        yield fleet


@pytest.fixture(scope="module")
def shop(shared_engine, fleet, tmp_path_factory):
    """A project of two services that exams may change."""
    project = Project(shared_engine, tmp_path_factory.mktemp("shop"), "shop", web=2, backup=1)
    project.up()
    yield project
    project.down()


@pytest.fixture(scope="module")
def examinee(fleet, shop):
    def things():
        settle(fleet)
        service, stack = named(fleet, "service", "web"), named(fleet, "stack", "shop")
        container = fleet.find("container", service["containers"][0].split("/")[-2])
        return {
            "service": service["uuid"],
            "service_name": service["name"],
            "service_uri": service["resource_uri"],
            "stack": stack["uuid"],
            "stack_name": stack["name"],
            "stack_uri": stack["resource_uri"],
            "container": container["uuid"],
            "node": container["node"].split("/")[-2],
            "spare": named(fleet, "service", "backup")["uuid"],
        }

    with Served(fleet, now=utc_now) as served:
        yield Examinee(
            address=served.hub.address,
            user=USER,
            key=KEY,
            things=things,
            settle=lambda: settle(fleet),
        )


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.title)
def test_what_the_old_clients_ask_is_answered_as_they_need_it(story, examinee):
    replay(story, examinee)


FIELDS = ["type", "action", "parents", "resource_uri", "state", "uuid", "datetime"]


@pytest.mark.usefixtures("shop")
def test_a_crash_is_told_as_docker_cloud_told_it(fleet, engine):
    container = ready(engine, OBEYS, "--name", "crashing", *member("solo", "front"))
    eventually(lambda: named(fleet, "container", "crashing")["state"] == "Running", "it runs")
    frames = heard(fleet)

    engine.docker("kill", container)

    shown = named(fleet, "container", "crashing")
    both = ["Stopping", "Stopped"]  # Docker tells of the kill, too
    eventually(lambda: states(frames, shown["service"]) == both, "its service stops")
    assert states(frames, shown["resource_uri"]) == both
    assert all(list(frame) == FIELDS for frame in frames)
    assert [uri.split("/")[-3] for uri in frames[0]["parents"]] == ["service", "node", "stack"]
    assert named(fleet, "container", "crashing")["exit_code"] == 137


def test_what_is_removed_is_terminating_before_it_is_terminated_and_stays_listed(fleet, engine):
    container = ready(engine, OBEYS, "--name", "leaving")
    eventually(lambda: named(fleet, "container", "leaving")["state"] == "Running", "it runs")
    frames = heard(fleet)

    engine.docker("rm", "--force", container)

    uri = named(fleet, "container", "leaving")["resource_uri"]
    eventually(lambda: "Terminated" in states(frames, uri), "it is gone")
    assert states(frames, uri)[-2:] == ["Terminating", "Terminated"]
    assert named(fleet, "container", "leaving")["state"] == "Terminated"


def test_a_redeployed_service_has_new_containers_and_says_when_it_is_done(fleet, shop):
    service = named(fleet, "service", "web")
    frames = heard(fleet)

    action = operate(fleet, service, "redeploy")

    assert (action["state"], action["object"]) == ("Success", service["resource_uri"])
    again = fleet.find("service", service["uuid"])
    assert not set(again["containers"]) & set(service["containers"])
    assert len(again["containers"]) == len(service["containers"])
    assert states(frames, service["resource_uri"]) == ["Redeploying", "Running"]
    assert states(frames, action["resource_uri"]) == ["Pending", "In progress", "Success"]
    assert frames[-1]["parents"] == [service["resource_uri"], service["stack"]]
    for uri in service["containers"]:
        assert states(frames, uri) == ["Stopping", "Terminating", "Terminated"]


def test_environment_ports_and_command_are_shown(fleet, shop):
    container = named(fleet, "container", "shop_web_1")

    assert {"key": "GREETING", "value": "hello"} in container["container_envvars"]
    assert container["run_command"].startswith("/bin/busybox sh -c")
    assert container["node"] == fleet.objects("node")[0]["resource_uri"]


def test_what_cannot_be_done_fails_and_says_why(fleet, engine):
    ready(engine, OBEYS, "--name", "alone", *member("solo", "lonely"))
    eventually(lambda: named(fleet, "container", "alone")["state"] == "Running", "it runs")
    with pytest.raises(NotAllowed, match="does not start"):
        operate(fleet, named(fleet, "container", "alone"), "start")

    action = operate(fleet, named(fleet, "service", "lonely"), "scale")

    assert action["state"] == "Failed"
    why = "no label says where its Compose files are"
    assert why in action["detail"]
    with closing(fleet.logs("action", action["uuid"], tail=300, follow=False)) as log:
        assert why in log.read()[-1].text
    assert named(fleet, "service", "lonely")["state"] == "Running"


def test_logs_and_commands(fleet, engine):
    script = f"echo one; echo two >&2; {OBEYS}"
    engine.run(script, "--name", "talking")
    eventually(lambda: named(fleet, "container", "talking")["state"] == "Running", "it runs")
    uuid = named(fleet, "container", "talking")["uuid"]

    with closing(fleet.logs("container", uuid, tail=300, follow=False)) as log:
        lines = [line for read in iter(log.read, []) for line in read]
    with closing(fleet.execute(uuid, ["/bin/busybox", "echo", "hello"])) as terminal:
        said = "".join(output.text for read in iter(terminal.read, []) for output in read)

    assert ("one\n", "stdout") in [(line.text, line.stream) for line in lines]
    assert ("two\n", "stderr") in [(line.text, line.stream) for line in lines]
    assert said == "hello\r\n"


def test_an_engine_that_goes_away_is_a_node_that_cannot_be_reached(own_engine):
    ready(own_engine, OBEYS, "--name", "left", "--restart", "always")
    with docker_fleet(own_engine.host) as fleet:
        frames, node = heard(fleet), fleet.objects("node")[0]
        own_engine.stop()
        eventually(lambda: states(frames, node["resource_uri"]) == ["Unreachable"], "it is away")

        container = named(fleet, "container", "left")
        with pytest.raises(Unavailable, match="cannot be reached"):
            operate(fleet, container, "stop")

        own_engine.start()
        eventually(lambda: fleet.objects("node")[0]["state"] == "Deployed", "it is back", 90)
        uri = container["resource_uri"]
        eventually(lambda: states(frames, uri)[-2:] == ["Stopped", "Running"], "it was started")


def is_running(fleet, service):
    """Whether a service of one container is known to run."""
    return any(
        (each["name"], each["state"], each["running_num_containers"]) == (service, "Running", 1)
        for each in fleet.objects("service")
    )


def test_services_of_a_swarm_are_redeployed_scaled_stopped_and_started(swarm):
    swarm.serve("api", OBEYS, "--replicas", "1")
    with docker_fleet(swarm.host) as fleet:
        eventually(lambda: is_running(fleet, "api"), "it runs")
        before = named(fleet, "service", "api")
        frames = heard(fleet)

        assert operate(fleet, before, "redeploy")["state"] == "Success"
        after = fleet.find("service", before["uuid"])
        assert (after["state"], after["target_num_containers"]) == ("Running", 1)
        assert set(after["containers"]).isdisjoint(before["containers"])
        assert states(frames, before["resource_uri"]) == ["Redeploying", "Running"]

        assert operate(fleet, before, "stop")["state"] == "Success"
        assert fleet.find("service", before["uuid"])["state"] == "Stopped"
        assert operate(fleet, before, "start")["state"] == "Success"
        assert fleet.find("service", before["uuid"])["state"] == "Running"
        assert operate(fleet, before, "terminate")["state"] == "Success"
        assert fleet.find("service", before["uuid"])["state"] == "Terminated"
