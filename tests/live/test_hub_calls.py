"""What clients ask of a hub over a real engine when things stand badly there."""

import pytest

from reactor.hub.fleet import Call, NotAllowed
from tests.live.conftest import unavailable
from tests.live.deeds import DEAF, OBEYS, looping, member, ready
from tests.live.engine import EngineUnavailable, install_compose
from tests.live.hub import Project, docker_fleet, heard, named, operate, settle, states
from tests.service import eventually

pytestmark = pytest.mark.long  # a minute of a real engine

SHELL, NOTHING = "/bin/busybox", "/nothing-there"


@pytest.fixture
def fleet(engine):
    with docker_fleet(engine.host) as fleet:
        yield fleet


@pytest.fixture
def shop(engine, fleet, tmp_path):
    """A project with one container."""
    try:
        install_compose()
    except EngineUnavailable as error:
        unavailable(str(error))
    project = Project(engine, tmp_path, "kiosk", till=1)
    project.up()
    eventually(lambda: is_there(fleet, "service", "till", "Running"), "it runs")
    yield project
    project.down()


def is_there(fleet, kind, name, state):
    return any((each["name"], each["state"]) == (name, state) for each in fleet.objects(kind))


def running(fleet, service):
    return fleet.find("service", service["uuid"])["running_num_containers"]


def test_a_service_whose_redeploy_failed_is_redeployed_once_it_is_mended(fleet, shop):
    service, good = named(fleet, "service", "till"), shop.file.read_text()
    shop.file.write_text(good.replace(SHELL, NOTHING))
    assert operate(fleet, service, "redeploy")["state"] == "Failed"

    assert operate(fleet, service, "stop")["state"] == "Success"
    assert operate(fleet, service, "start")["state"] == "Failed"
    shop.file.write_text(good)
    assert operate(fleet, service, "redeploy")["state"] == "Success"

    again = fleet.find("service", service["uuid"])
    assert (again["state"], len(again["containers"])) == ("Running", 1)


def test_a_container_that_cannot_start_is_terminated(fleet, engine):
    engine.docker("create", "--name", "stillborn", "reactor-test", NOTHING)
    eventually(lambda: is_there(fleet, "container", "stillborn", "Starting"), "it is made")
    container = named(fleet, "container", "stillborn")

    assert operate(fleet, container, "start")["state"] == "Failed"
    assert operate(fleet, container, "terminate")["state"] == "Success"

    assert named(fleet, "container", "stillborn")["state"] == "Terminated"


def test_a_service_that_crashes_again_and_again_is_stopped(fleet, engine):
    looping(engine, "flapping", 4, *member("solo", "flapper"))
    eventually(
        lambda: is_there(fleet, "service", "flapper", "Stopped"), "it waits for its next run"
    )

    assert operate(fleet, named(fleet, "service", "flapper"), "stop")["state"] == "Success"

    inspect = ("inspect", "--format", "{{.State.Status}}", "flapping")
    assert engine.docker(*inspect) == "exited"


def test_a_service_outlives_its_only_container_while_that_is_redeployed(fleet, shop):
    service, stack = named(fleet, "service", "till"), named(fleet, "stack", shop.name)
    (uri,) = service["containers"]
    frames = heard(fleet)

    container = fleet.find("container", uri.split("/")[-2])
    assert operate(fleet, container, "redeploy")["state"] == "Success"

    assert states(frames, uri) == ["Stopping", "Terminating", "Terminated"]
    assert states(frames, service["resource_uri"]) == ["Redeploying", "Running"]
    assert states(frames, stack["resource_uri"]) == []
    assert fleet.find("service", service["uuid"])["containers"] != [uri]


def test_what_is_only_restarted_is_never_gone(fleet, engine, shop):
    ready(engine, OBEYS, "--name", "lone")
    eventually(lambda: is_there(fleet, "container", "lone", "Running"), "it runs")
    lone, service = named(fleet, "container", "lone"), named(fleet, "service", "till")
    shop.file.rename(shop.file.with_suffix(".away"))
    frames = heard(fleet)

    assert operate(fleet, lone, "redeploy")["detail"] == "restarted"
    assert "container by container" in operate(fleet, service, "redeploy")["detail"]

    for uri in (lone["resource_uri"], *service["containers"]):
        assert states(frames, uri) == ["Stopping", "Running"]
    shop.file.with_suffix(".away").rename(shop.file)


def scale(fleet, service, count):
    path = str(service["resource_uri"])
    changes = {"target_num_containers": count}
    call = Call(verb="update", method="PATCH", path=path, changes=changes)
    fleet.operate("service", service["uuid"], call)
    return operate(fleet, service, "scale")


@pytest.fixture
def deaf(swarm):
    """A service of a swarm whose containers have to be killed, and the fleet that it is in."""
    swarm.serve("deaf", DEAF, "--replicas", "2", "--stop-grace-period", "3s")
    with docker_fleet(swarm.host) as fleet:
        eventually(lambda: is_there(fleet, "service", "deaf", "Running"), "it runs")
        service = named(fleet, "service", "deaf")
        eventually(lambda: running(fleet, service) == 2, "its containers do")
        yield fleet, service
    swarm.docker("service", "rm", "deaf")


def test_a_service_of_a_swarm_is_stopped_when_its_containers_are(deaf):
    fleet, service = deaf
    frames = heard(fleet)

    assert operate(fleet, service, "stop")["state"] == "Success"

    told = [(frame["type"], frame["state"]) for frame in frames]
    first = told.index(("service", "Stopped"))
    assert told[:first].count(("container", "Stopped")) == 2
    assert operate(fleet, service, "start")["state"] == "Success"
    assert (running(fleet, service), frames[-2]["state"]) == (2, "Running")
    assert scale(fleet, service, 3)["state"] == "Success"
    assert states(frames, service["resource_uri"])[-2:] == ["Scaling", "Running"]


def test_what_a_swarm_replaces_is_terminated(deaf):
    fleet, service = deaf
    frames = heard(fleet)
    call = Call(verb="redeploy", method="POST", path=f"{service['resource_uri']}redeploy/")

    action = fleet.operate("service", str(service["uuid"]), call)
    with pytest.raises(NotAllowed, match="the service is Redeploying"):
        operate(fleet, service, "stop")
    eventually(lambda: states(frames, action)[-1:] == ["Success"], "it is redeployed", 60)

    for uri in service["containers"]:
        assert states(frames, uri) == ["Stopping", "Terminating", "Terminated"]
    again = fleet.find("service", service["uuid"])
    assert (again["state"], again["current_num_containers"]) == ("Running", 2)


def test_what_a_swarm_cannot_start_takes_calls(swarm):
    swarm.docker(
        *("service", "create", "--detach", "--no-resolve-image", "--name", "hopeless"),
        *("--network", "host", "reactor-test", NOTHING),
    )
    with docker_fleet(swarm.host) as fleet:
        eventually(lambda: any(fleet.objects("container")), "a first try")
        service = named(fleet, "service", "hopeless")

        assert operate(fleet, service, "stop")["state"] == "Success"
        assert operate(fleet, service, "terminate")["state"] == "Success"

        settle(fleet)
        assert fleet.find("service", service["uuid"])["state"] == "Terminated"
