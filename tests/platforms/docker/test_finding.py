"""What a URI names at an engine, and what is left alone."""

from datetime import UTC, datetime

import pytest

from reactor.model.uri import ObjectUri, stable_uuid
from reactor.platforms.docker.dial import Refusal
from reactor.platforms.docker.finding import changed_at, find, untouchable
from tests.platforms.docker.acted_engine import COMPOSE_LABELS, ENGINE, MANAGER

DB = {**COMPOSE_LABELS, "com.docker.compose.service": "db"}
ONE_OFF = {**COMPOSE_LABELS, "com.docker.compose.oneoff": "True"}
STACK = {"com.docker.stack.namespace": "shop"}


def uri(kind, *parts):
    return ObjectUri(type=kind, uuid=stable_uuid(kind, *parts), namespace=None, is_tutum=False)


WEB, SHOP = uri("service", ENGINE.id, "shop", "web"), uri("stack", ENGINE.id, "shop")


def ids(found):
    return [one.id for one in (*found.containers, *found.services)]


def test_a_container_is_found_by_its_id(acted):
    acted.run("c1")
    acted.run("c2")

    found = find(acted.client, ENGINE, uri("container", "c2"))

    assert (found.kind, found.name, ids(found)) == ("container", "name-c2", ["c2"])


def test_a_compose_service_has_its_containers_without_those_of_single_runs(acted):
    acted.run("c1", **COMPOSE_LABELS)
    acted.run("c2", **DB)
    acted.run("c3", **COMPOSE_LABELS)
    acted.run("c4", **ONE_OFF)

    found = find(acted.client, ENGINE, WEB)

    assert (found.name, ids(found), found.size) == ("web", ["c1", "c3"], 2)


def test_a_compose_project_has_those_of_all_its_services(acted):
    acted.run("c1", **COMPOSE_LABELS)
    acted.run("c2", **DB)
    acted.run("c3", **{**DB, "com.docker.compose.project": "blog"})

    found = find(acted.client, ENGINE, SHOP)

    assert (found.kind, found.name, ids(found)) == ("stack", "shop", ["c1", "c2"])


def test_a_swarm_service_is_found_at_a_manager_alone(acted):
    acted.serve("s1", replicas=3)

    found = find(acted.client, MANAGER, uri("service", "s1"))

    assert (found.name, ids(found), found.size) == ("name-s1", ["s1"], 3)
    assert find(acted.client, ENGINE, uri("service", "s1")) is None


def test_a_swarm_stack_has_its_services(acted):
    acted.serve("s1", **STACK)
    acted.serve("s2")
    acted.serve("s3", **STACK)

    found = find(acted.client, MANAGER, uri("stack", "c1uster", "shop"))

    assert (found.kind, found.name, ids(found)) == ("stack", "shop", ["s1", "s3"])


def test_a_service_on_each_node_has_no_size(acted):
    acted.serve("s1", replicas=None)

    assert find(acted.client, MANAGER, uri("service", "s1")).size is None


@pytest.mark.parametrize("kind", ["container", "service", "stack", "node", "action"])
def test_what_is_not_there_is_not_found(acted, kind):
    assert find(acted.client, MANAGER, uri(kind, "nothing")) is None


def test_an_engine_that_does_not_let_us_list_is_no_engine_without_containers(acted):
    acted.answers["/containers/json"] = (403, {"message": "forbidden"})

    with pytest.raises(Refusal, match="403"):
        find(acted.client, ENGINE, WEB)


def reason(acted, engine, asked, own=()):
    found = find(acted.client, engine, asked)
    return untouchable(acted.client, engine, found, frozenset(own))


def test_what_nobody_took_out_may_be_acted_on(acted):
    acted.run("c1", **COMPOSE_LABELS)
    acted.serve("s1")

    assert reason(acted, ENGINE, WEB, own={"f00"}) is None
    assert reason(acted, MANAGER, uri("service", "s1")) is None


def test_one_container_that_is_opted_out_keeps_the_whole_stack_untouched(acted):
    acted.run("c1", **COMPOSE_LABELS)
    acted.run("c2", **{**DB, "reactor.enable": "false"})

    why = "'name-c2' is labelled reactor.enable=false: reactor leaves it alone"
    assert reason(acted, ENGINE, SHOP) == why
    assert reason(acted, ENGINE, WEB) is None


def test_a_swarm_service_can_be_opted_out(acted):
    acted.serve("s1", **{"reactor.enable": "false"})

    assert "reactor.enable=false" in reason(acted, MANAGER, uri("service", "s1"))


def a_task(acted, **labels):
    """A container of the service s1."""
    acted.run("t1", **{"com.docker.swarm.service.id": "s1", **labels})
    return uri("container", "t1")


SPEC = {"Labels": {"reactor.enable": "false"}}


def test_a_task_of_a_service_that_is_opted_out_is_left_alone_as_far_as_a_manager_knows(acted):
    acted.answers["/services/s1"] = (200, {"ID": "s1", "Spec": SPEC})
    task = a_task(acted)

    why = "'name-t1' is labelled reactor.enable=false: reactor leaves it alone"
    assert reason(acted, MANAGER, task) == why
    assert reason(acted, ENGINE, task) is None


def test_a_tasks_own_label_wins(acted):
    acted.answers["/services/s1"] = (200, {"ID": "s1", "Spec": SPEC})

    assert reason(acted, MANAGER, a_task(acted, **{"reactor.enable": "true"})) is None


def test_who_may_not_ask_for_a_service_does_not_act_on_its_tasks(acted):
    acted.answers["/services/s1"] = (403, {"message": "forbidden"})

    with pytest.raises(Refusal, match="SERVICES=1"):
        reason(acted, MANAGER, a_task(acted))


@pytest.mark.parametrize("asked", [uri("container", "c1f00d"), WEB, SHOP])
def test_reactor_does_not_act_on_its_own_container_nor_on_what_holds_it(acted, asked):
    acted.run("c1f00d", **COMPOSE_LABELS)

    why = reason(acted, ENGINE, asked, own={"c1f0"})

    assert why.startswith(f"reactor itself runs in {asked.type} '")


def test_reactor_does_not_act_on_a_swarm_service_that_runs_it_on_whichever_node(acted):
    acted.serve("s1")
    status = {"ContainerStatus": {"ContainerID": "c1f00d"}}
    acted.answers["/tasks"] = (200, [{"Status": {}}, {"Status": status}])

    assert reason(acted, MANAGER, uri("service", "s1"), own={"c1f0"}).startswith("reactor itself")
    assert reason(acted, MANAGER, uri("service", "s1"), own={"beef"}) is None


def since(acted, engine, asked):
    return changed_at(acted.client, engine, find(acted.client, engine, asked))


def test_a_service_is_as_it_is_since_its_first_container_started(acted):
    acted.run("c1", "2030-01-07T12:00:05.123456789Z", **COMPOSE_LABELS)
    acted.run("c2", "2030-01-07T12:00:01Z", **COMPOSE_LABELS)

    assert since(acted, ENGINE, WEB) == datetime(2030, 1, 7, 12, 0, 1, tzinfo=UTC)


def test_a_service_of_which_a_container_does_not_run_is_not_made_anew(acted):
    acted.run("c1", "2030-01-07T12:00:05Z", **COMPOSE_LABELS)
    acted.run("c2", **COMPOSE_LABELS)
    acted.answers["/containers/c2/json"] = (200, {"State": {"Running": False}})

    assert since(acted, ENGINE, WEB) is None


def test_a_swarm_service_is_as_it_is_since_its_last_update(acted):
    acted.serve("s1")
    acted.serve("s2")
    acted.services[1]["UpdateStatus"] = {"StartedAt": "2030-01-07T12:00:01.5Z"}

    assert since(acted, MANAGER, uri("service", "s1")) is None
    moment = datetime(2030, 1, 7, 12, 0, 1, 500_000, tzinfo=UTC)
    assert since(acted, MANAGER, uri("service", "s2")) == moment
