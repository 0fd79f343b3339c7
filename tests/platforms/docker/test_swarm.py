from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reactor.platforms.docker.client import Gone, Refusal
from reactor.platforms.docker.engine import ListedContainer, ListedService, Swarm
from reactor.platforms.docker.swarm import ListedSwarm, list_swarm, service_labels
from tests.platforms.docker.recorded import ENGINE, MANAGER, WORKER_ID, Asked, manager_of, refused

RUNNING_ID = "bad641d515b87e66cf08fda7e5f8c8c15480222b981e96af722d442671fe6736"
FAILED_ID = "5602961703f71af687277a76d5056a38e9b9dc105839ca0bc8a08bb137cb0a84"


def elsewhere(listed: ListedSwarm) -> dict[str, ListedContainer]:
    return {each.id: each for each in listed.containers}


def services(listed: ListedSwarm) -> dict[str, ListedService]:
    assert listed.services is not None
    return {each.name: each for each in listed.services}


def nodes(listed: ListedSwarm) -> dict[str, str]:
    assert listed.nodes is not None
    return {each.id: each.state for each in listed.nodes}


@pytest.mark.parametrize(
    "engine", [ENGINE, replace(ENGINE, swarm=Swarm(node_id="n", is_manager=False))]
)
def test_only_a_manager_is_asked(engine: object) -> None:
    client = manager_of("swarm")

    assert list_swarm(client, engine, {}) == ListedSwarm()
    assert client.paths == []


def test_a_service_is_counted_over_all_nodes() -> None:
    listed = services(list_swarm(manager_of("swarm"), MANAGER, {}))

    counts = {name: (each.running, each.wanted) for name, each in listed.items()}
    assert counts == {"shop_web": (3, 3), "shop_glob": (2, 2), "shop_nope": (0, 1)}
    assert listed["shop_web"].labels == {"com.docker.stack.namespace": "d8"}
    assert listed["shop_web"].image == "reactor-test:latest"


def test_a_service_has_the_labels_for_reactor_that_it_gives_its_containers() -> None:
    client = manager_of("swarm")
    spec = {"Name": "web", "TaskTemplate": {"ContainerSpec": {"Labels": {"reactor.team": "a"}}}}
    client.answers["/v1.41/services"] = [{"ID": "s", "Spec": spec}]

    assert services(list_swarm(client, MANAGER, {}))["web"].labels == {"reactor.team": "a"}


def test_one_service_is_asked_for_its_labels() -> None:
    spec = {"Labels": {"reactor.enable": "false"}}
    client = Asked({"/v1.41/services/s": {"ID": "s", "Spec": spec}})

    assert service_labels(client, MANAGER, "s", timeout=2) == spec["Labels"]
    assert service_labels(client, MANAGER, "gone", timeout=2) == {}


@pytest.mark.parametrize(("status", "error"), [(403, Refusal), (503, Gone)])
def test_a_manager_that_does_not_tell_of_a_service_is_not_one_without(
    status: int, error: type[Exception]
) -> None:
    client = Asked({"/v1.41/services/s": refused(status)})

    with pytest.raises(error):
        service_labels(client, MANAGER, "s", timeout=2)


def test_what_ran_on_a_lost_node_does_not_count() -> None:
    """The engine itself says 5 of 3 and 2 of 1, as those tasks are still `running`."""
    listed = list_swarm(manager_of("swarm-node-down"), MANAGER, {})

    counts = {name: (each.running, each.wanted) for name, each in services(listed).items()}
    assert counts == {"shop_web": (3, 3), "shop_glob": (1, 1), "shop_nope": (0, 1)}
    assert nodes(listed) == {"e0x6tzjnugoiq6e5pky1c146m": "Deployed", WORKER_ID: "Unreachable"}


def test_an_update_under_way_is_told() -> None:
    client = manager_of("swarm")
    client.answers["/v1.41/services"] = [
        {"ID": "s", "Spec": {"Name": "web"}, "UpdateStatus": {"State": "updating"}}
    ]

    assert services(list_swarm(client, MANAGER, {}))["web"].update == "updating"


def test_a_job_that_is_done_wants_nothing_more() -> None:
    client = manager_of("swarm")
    client.answers["/v1.41/services"] = [
        {"ID": "s", "Spec": {"Name": "job", "Mode": {"ReplicatedJob": {"TotalCompletions": 1}}}}
    ]
    client.answers["/v1.41/tasks"] = [
        {"ServiceID": "s", "DesiredState": "complete", "Status": {"State": "complete"}}
    ]

    job = services(list_swarm(client, MANAGER, {}))["job"]

    assert (job.running, job.wanted) == (0, 0)


def test_containers_of_other_nodes_are_known_by_their_tasks() -> None:
    found = elsewhere(list_swarm(manager_of("swarm"), MANAGER, {}))

    running = found[RUNNING_ID]
    assert {each.node_id for each in found.values()} == {WORKER_ID}
    assert (running.state, running.exit_code, running.image) == (
        "Running",
        None,
        "reactor-test:latest",
    )
    assert running.started_at == datetime(2026, 11, 22, 13, 33, 56, 299_626, UTC)


def test_they_are_named_and_labelled_as_their_own_engine_does() -> None:
    """This is what the other engine listed of the same container."""
    running = elsewhere(list_swarm(manager_of("swarm"), MANAGER, {}))[RUNNING_ID]

    assert running.name == f"shop_glob.{WORKER_ID}.r4135jhzsy4trxt0w1n15kgnh"
    assert running.labels == {
        "com.docker.swarm.node.id": WORKER_ID,
        "com.docker.swarm.service.id": "f4t20jb9dfj3sr4edw56nuxty",
        "com.docker.swarm.service.name": "shop_glob",
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": "r4135jhzsy4trxt0w1n15kgnh",
        "com.docker.swarm.task.name": running.name,
    }


def test_a_slot_stands_in_the_name_and_the_services_labels_for_containers_are_theirs() -> None:
    found = elsewhere(list_swarm(manager_of("swarm"), MANAGER, {}))

    [first] = [each for each in found.values() if each.name.startswith("shop_web.1.")]
    assert first.name == "shop_web.1.63yuudp6qldc1d0s5l5zpnpgs"
    assert first.labels["a"] == "b"


def test_those_that_failed_are_told_with_their_exit_code() -> None:
    failed = elsewhere(list_swarm(manager_of("swarm"), MANAGER, {}))[FAILED_ID]

    assert (failed.state, failed.exit_code) == ("Stopped", 5)
    assert failed.finished_at == datetime(2026, 11, 22, 13, 33, 51, 20_650, UTC)


def test_when_a_run_began_is_what_was_known_of_it() -> None:
    first = elsewhere(list_swarm(manager_of("swarm"), MANAGER, {}))[FAILED_ID]
    began = first.created_at
    known = {FAILED_ID: replace(first, started_at=began)}

    again = elsewhere(list_swarm(manager_of("swarm"), MANAGER, known))[FAILED_ID]

    assert began is not None
    assert (first.started_at, again.started_at) == (None, began)


def test_a_task_without_container_is_none() -> None:
    client = manager_of("swarm")
    tasks = client.answers["/v1.41/tasks"] = [
        {"ID": "t", "ServiceID": "utx0uf0f8rev8wzgnb8uyyj9c", "NodeID": WORKER_ID, **more}
        for more in (
            {"Status": {"State": "assigned"}},
            {"Status": {"State": "rejected", "ContainerStatus": {"ContainerID": ""}}},
        )
    ]

    assert tasks
    assert list_swarm(client, MANAGER, {}).containers == ()


@pytest.mark.parametrize("what", ["services", "nodes", "tasks"])
@pytest.mark.parametrize("status", [403, 503])  # a proxy; a swarm without leader
def test_a_manager_that_does_not_tell_changes_nothing(what: str, status: int) -> None:
    client = manager_of("swarm")
    client.answers[f"/v1.41/{what}"] = refused(status)
    there = ListedContainer(id="1", name="a", image="b", state="Running", node_id=WORKER_ID)
    here = replace(there, id="2", node_id=None)

    listed = list_swarm(client, MANAGER, {"1": there, "2": here})

    assert listed == ListedSwarm(containers=(there,))


def test_a_manager_that_is_gone_is_gone() -> None:
    client = Asked({"/v1.41/services": Gone("the engine went away")})

    with pytest.raises(Gone):
        list_swarm(client, MANAGER, {})


def test_odd_entries_are_left_out() -> None:
    odd = [None, 1, "x", {}, {"ID": 7}, {"Status": {"ContainerStatus": {"ContainerID": "c"}}}]
    client = Asked({f"/v1.41/{what}": odd for what in ("services", "nodes", "tasks")})

    assert list_swarm(client, MANAGER, {}) == ListedSwarm(services=(), nodes=())


def test_a_task_tells_when_it_began_to_run_and_no_earlier() -> None:
    client = manager_of("swarm")
    since = datetime(2030, 1, 1, tzinfo=UTC)
    client.answers["/v1.41/tasks"] = [
        {
            "ID": "t",
            "ServiceID": "utx0uf0f8rev8wzgnb8uyyj9c",
            "NodeID": WORKER_ID,
            "CreatedAt": (since - timedelta(minutes=1)).isoformat(),
            "Status": {
                "State": "starting",
                "Timestamp": since.isoformat(),
                "ContainerStatus": {"ContainerID": "c0ffee"},
            },
        }
    ]

    [starting] = list_swarm(client, MANAGER, {}).containers

    assert (starting.state, starting.started_at) == ("Starting", None)
    assert starting.created_at == since - timedelta(minutes=1)
