"""What an engine is told for each verb."""

from dataclasses import replace

import pytest

from reactor.model.request import Fault
from reactor.platforms.docker.acting import Means, act, scale
from reactor.platforms.docker.finding import Found, Member, SwarmService
from tests.platforms.docker.acted_engine import COMPOSE_LABELS, MANAGER
from tests.platforms.docker.tools import Tool

LABEL = "com.docker.compose.project"
VERSIONED = "POST /services/s1/update?version=7"
TAKEN = "the swarm has taken it, and carries it out"


@pytest.fixture
def tool(tmp_path):
    return Tool(tmp_path)


@pytest.fixture
def means(acted, tool):
    return Means(acted.client, MANAGER, tool.compose(acted.url))


def a_container(container_id="c1", **labels):
    return Member(id=container_id, name=f"name-{container_id}", labels=labels)


def plain(*container_ids):
    containers = tuple(map(a_container, container_ids or ("c1",)))
    return Found(kind="container", name="job", containers=containers)


def composed(folder, *services):
    """The containers c1, c2, … of these Compose services; their file is there."""
    (folder / "compose.yaml").touch()
    written = {f"{LABEL}.working_dir": str(folder), f"{LABEL}.config_files": "compose.yaml"}
    containers = tuple(
        a_container(
            f"c{number}", **{**COMPOSE_LABELS, "com.docker.compose.service": name, **written}
        )
        for number, name in enumerate(services, start=1)
    )
    return Found(kind="service", name=services[0], containers=containers)


def swarmed(*service_ids, replicas=2):
    mode = {"Global": {}} if replicas is None else {"Replicated": {"Replicas": replicas}}
    services = (
        SwarmService(
            id=each,
            name=f"name-{each}",
            labels={},
            spec={"Mode": mode, "Labels": {}, "TaskTemplate": {}},
            version=7,
            updated_at=None,
        )
        for each in service_ids or ("s1",)
    )
    return Found(kind="service", name="web", services=tuple(services))


@pytest.mark.parametrize(
    ("verb", "told", "detail"),
    [
        ("start", ["POST /containers/c1/start"], "started"),
        ("stop", ["POST /containers/c1/stop"], "stopped"),
        ("restart", ["POST /containers/c1/restart"], "restarted"),
        ("redeploy", ["POST /containers/c1/restart"], "restarted"),
        (
            "terminate",
            ["POST /containers/c1/stop", "DELETE /containers/c1?force=true"],
            "stopped and removed",
        ),
    ],
)
def test_each_verb_on_a_plain_container(acted, means, verb, told, detail):
    response = act(verb, plain(), means)

    assert (response.status, response.detail) == (200, detail)
    assert acted.calls == told


def test_a_container_that_is_as_it_should_be_is_no_failure(acted, means):
    acted.answers["POST /containers/c1/stop"] = (304, None)

    assert act("stop", plain(), means).status == 200


def test_an_engines_no_is_told_in_its_words_and_ends_the_turn(acted, means):
    message = "driver failed programming external connectivity"
    acted.answers["POST /containers/c2/start"] = (500, {"message": message})

    response = act("start", plain("c1", "c2", "c3"), means)

    assert (response.status, response.detail) == (500, message)
    assert acted.calls == ["POST /containers/c1/start", "POST /containers/c2/start"]


def test_a_proxy_that_forbids_is_guessed_at(acted, means):
    acted.answers["POST /containers/c1/restart"] = (403, None)

    assert act("restart", plain(), means).detail == "does a proxy before the engine forbid it?"


@pytest.mark.parametrize(
    "answers",
    [
        {"POST /containers/c1/stop": (404, {"message": "No such container: c1"})},
        {"DELETE /containers/c1": (404, {"message": "No such container: c1"})},
        {"DELETE /containers/c1": (409, {"message": "removal of c1 is already in progress"})},
    ],
)
def test_a_container_that_others_remove_meanwhile_is_terminated(acted, means, answers):
    acted.answers.update(answers)

    assert act("terminate", plain(), means).status == 200


def test_a_container_that_cannot_be_stopped_is_not_removed(acted, means):
    acted.answers["POST /containers/c1/stop"] = (500, {"message": "cannot stop"})

    assert act("terminate", plain(), means).detail == "cannot stop"
    assert acted.calls == ["POST /containers/c1/stop"]


def test_a_compose_service_is_recreated_with_as_many_containers_as_it_has(acted, means, tool):
    tool.install()

    response = act("redeploy", composed(tool.folder, "web", "web", "db"), means)

    assert (response.status, response.detail) == (200, "recreated by docker-compose")
    assert tool.called[-1]["arguments"][-7:] == [
        *("--force-recreate", "--scale", "web=2", "--scale", "db=1"),
        *("web", "db"),
    ]
    assert acted.told == []


def test_what_compose_cannot_make_anew_is_restarted_container_by_container(acted, means, tool):
    response = act("redeploy", composed(tool.folder, "web", "web"), means)

    why = "restarted, container by container, as Compose is not installed here"
    assert (response.status, response.detail) == (200, why)
    assert acted.calls == ["POST /containers/c1/restart", "POST /containers/c2/restart"]


def test_a_run_of_compose_that_fails_is_tried_again(means, tool):
    Tool(tool.folder, {"up": (1, "port is taken")}).install()

    response = act("redeploy", composed(tool.folder, "web"), means)

    told = "docker-compose ended with 1: port is taken"
    assert (response.fault, response.detail) == (Fault.RECEIVE, told)


def test_a_single_container_of_compose_is_restarted(acted, means, tool):
    tool.install()
    [container] = composed(tool.folder, "web").containers

    act("redeploy", Found(kind="container", name="web-1", containers=(container,)), means)

    assert acted.calls == ["POST /containers/c1/restart"]


def test_what_a_redeploy_that_failed_has_left_counts_once(means, tool):
    tool.install()
    found = composed(tool.folder, "web", "web")
    same = {"com.docker.compose.container-number": "1"}
    twice = tuple(replace(each, labels={**each.labels, **same}) for each in found.containers)

    act("redeploy", replace(found, containers=twice), means)

    assert tool.called[-1]["arguments"][-3:] == ["--scale", "web=1", "web"]


def test_a_compose_service_is_scaled_by_compose_without_touching_what_runs(means, tool):
    tool.install()

    response = scale(3, composed(tool.folder, "web"), means)

    assert response.detail == "scaled to 3 by docker-compose"
    scaled = ["--no-recreate", "--scale", "web=3", "web"]
    assert tool.called[-1]["arguments"][-4:] == scaled


@pytest.mark.parametrize(
    ("count", "why"),
    [
        (0, "without a container a Compose service could not be found again: use stop"),
        (3, "'web' cannot be scaled: Compose is not installed here"),
    ],
)
def test_what_cannot_be_scaled_says_why(means, tool, count, why):
    response = scale(count, composed(tool.folder, "web"), means)

    assert (response.fault, response.detail) == (Fault.INVALID, why)


@pytest.mark.parametrize("verb", ["redeploy", "restart"])
def test_a_swarm_service_is_redeployed_by_a_forced_update(acted, means, verb):
    response = act(verb, swarmed(), means)

    [(_, path, spec)] = acted.told
    assert (response.status, response.detail) == (200, TAKEN)
    assert f"POST {path}" == VERSIONED
    assert spec["TaskTemplate"]["ForceUpdate"] == 1


def test_a_swarm_service_is_stopped_and_started_by_its_replicas(acted, means):
    act("stop", swarmed(), means)

    [(_, _, spec)] = acted.told
    assert spec["Mode"] == {"Replicated": {"Replicas": 0}}
    assert spec["Labels"] == {"reactor.replicas": "2"}


def test_a_swarm_service_that_runs_is_not_started_again(acted, means):
    assert act("start", swarmed(), means).detail == "there was nothing to change"
    assert acted.told == []


def test_each_service_of_a_stack_is_removed(acted, means):
    response = act("terminate", swarmed("s1", "s2"), means)

    assert response.detail == "removed"
    assert acted.calls == ["DELETE /services/s1", "DELETE /services/s2"]


def test_a_swarm_service_is_scaled(acted, means):
    scale(5, swarmed(), means)

    [(_, _, spec)] = acted.told
    assert spec["Mode"] == {"Replicated": {"Replicas": 5}}


def test_a_service_on_each_node_has_no_number_to_change(means):
    why = "'name-s1' has no number of replicas that {} could change"

    assert act("stop", swarmed(replicas=None), means).detail == why.format("stop")
    assert scale(3, swarmed(replicas=None), means).detail == why.format("scale")
    assert act("redeploy", swarmed(replicas=None), means).detail == TAKEN


def test_an_update_that_another_was_quicker_than_is_tried_again(acted, means):
    acted.answers["POST /services/s1/update"] = (500, {"message": "update out of sequence"})

    response = act("redeploy", swarmed(), means)

    assert (response.status, response.detail) == (500, "update out of sequence")
