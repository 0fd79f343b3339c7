from dataclasses import replace
from datetime import timedelta

import pytest

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.inspection import Runtime, Specification
from reactor.hub.docker.register import Order, Register
from reactor.hub.docker.shown import shown
from reactor.hub.written import Written
from tests.hub.docker.samples import (
    C1,
    LABELS,
    NODE,
    NOW,
    SHOP,
    WEB,
    a_call,
    a_survey,
    an_entry,
    an_inspection,
    news,
)
from tests.hub.replay import check_described

SDK_METHODS = {
    *("cancel", "create", "delete", "deploy", "execute", "export", "fetch", "list", "logs"),
    *("redeploy", "refresh", "retry", "save", "scale", "start", "stop", "upgrade_docker"),
}
"""Of the objects of python-dockercloud, where a field of the same name would take their place."""

DB = {**LABELS, "com.docker.compose.service": "db"}


@pytest.fixture
def written():
    return Written()


@pytest.fixture
def register(written):
    register = Register(namespace="acme", announce=lambda _: None, written=written)
    db = an_inspection("c2", labels=DB)
    other = an_inspection("c3", labels={}, created_at=NOW)
    stopped = an_inspection("c4", state="Stopped", exit_code=137, finished_at=NOW)
    lay(register, a_survey(an_inspection(), db, other, stopped), NOW)
    order = Order(name="Service Stop", object=f"/api/app/v1/service/{WEB}/", call=a_call("stop"))
    register.act(an_entry("action", NODE[::-1], "Pending"), order)
    return register


def find(register, kind, uuid):
    return shown(register, register.get(kind, uuid), NOW)


def by_name(register, kind, name):
    entry = next(each for each in register.all(kind) if each.name == name)
    return shown(register, entry, NOW)


@pytest.mark.parametrize("kind", ["stack", "service", "container", "node", "action"])
def test_every_object_has_the_fields_that_clients_break_without(register, kind):
    prefix = {"node": "infra", "action": "audit"}.get(kind, "app")
    for entry in register.all(kind):
        path = f"/api/{prefix}/v1/{kind}/{C1}/"
        check_described(f"GET {path}", 200, shown(register, entry, NOW))


@pytest.mark.parametrize("kind", ["stack", "service", "container", "node", "action"])
def test_no_field_takes_the_place_of_a_method_of_the_python_sdk(register, kind):
    for entry in register.all(kind):
        assert not SDK_METHODS & set(shown(register, entry, NOW))


def test_a_container(register):
    container = find(register, "container", C1)

    assert container["resource_uri"] == f"/api/app/v1/acme/container/{C1}/"
    assert container["service"] == f"/api/app/v1/acme/service/{WEB}/"
    assert container["node"] == f"/api/infra/v1/acme/node/{NODE}/"
    assert container["container_envvars"] == [{"key": "KEY", "value": "value"}]
    assert container["deployed_datetime"] == "Tue, 06 May 2031 16:08:09 +0000"
    assert (container["exit_code"], container["private_ip"]) == (None, "10.0.0.2")
    (port,) = container["container_ports"]
    assert port["endpoint_uri"] == "tcp://dock:8080/"


def test_how_a_container_ended(register):
    container = by_name(register, "container", "shop_web_c4")

    assert (container["exit_code"], container["exit_code_msg"]) == (
        137,
        "Ended by signal 9 (SIGKILL)",
    )
    assert container["stopped_datetime"] == "Tue, 06 May 2031 17:08:09 +0000"


@pytest.mark.parametrize(("code", "told"), [(0, "Ended normally"), (7, "Ended with exit code 7")])
def test_exit_codes_in_words(register, code, told):
    found = an_inspection(state="Stopped", exit_code=code)
    register.containers[C1] = found
    register.take(news("Stopped"))

    assert find(register, "container", C1)["exit_code_msg"] == told


def test_containers_of_a_stack_are_linked_to_those_of_its_other_services(register):
    container = find(register, "container", C1)

    (link,) = container["linked_to_container"]
    assert (link["name"], link["endpoints"]) == ("shop_web_c2", {"80/tcp": "tcp://10.0.0.2:80"})
    assert by_name(register, "container", "shop_web_c3")["linked_to_container"] == []


def test_a_service_counts_its_containers_and_knows_the_others(register):
    service = find(register, "service", WEB)

    numbers = ["target", "current", "running", "stopped"]
    assert [service[f"{number}_num_containers"] for number in numbers] == [2, 2, 1, 1]
    assert [link["name"] for link in service["linked_to_service"]] == ["db"]
    assert [link["name"] for link in service["linked_from_service"]] == ["web"]
    assert (service["autorestart"], service["synchronized"]) == ("ALWAYS", True)


def test_a_service_that_wants_another_number_is_not_synchronized(register, written):
    written.change(lambda now: now.wanting(WEB, 5))

    service = find(register, "service", WEB)

    assert (service["target_num_containers"], service["synchronized"]) == (5, False)
    assert find(register, "stack", SHOP)["synchronized"] is False


def test_a_service_that_wants_the_number_that_it_has_is_synchronized_again(register, written):
    written.change(lambda now: now.wanting(WEB, 3))
    written.change(lambda now: now.wanting(WEB, 2))

    assert find(register, "service", WEB)["synchronized"] is True
    assert find(register, "stack", SHOP)["synchronized"] is True


def test_a_service_of_a_swarm_is_as_it_was_specified(register):
    register.specifications[WEB] = Specification(
        id="s", name="web", image="nginx:2", wanted=3, runtime=Runtime(), created_at=NOW
    )

    service = find(register, "service", WEB)

    assert (service["target_num_containers"], service["image_name"]) == (3, "nginx:2")
    assert (service["current_num_containers"], service["stopped_num_containers"]) == (1, 0)


def test_a_node_was_last_seen_now_or_when_it_was_lost(register):
    assert find(register, "node", NODE)["last_seen"] == "Tue, 06 May 2031 17:08:09 +0000"
    register.take(news("Unreachable", "node", NODE, at=NOW - timedelta(hours=1)))

    node = find(register, "node", NODE)

    assert (node["state"], node["last_seen"]) == ("Unreachable", "Tue, 06 May 2031 16:08:09 +0000")
    assert node["current_num_containers"] == 4


def test_a_cluster_has_its_nodes(register):
    cluster = an_entry("nodecluster", C1[::-1], "Deployed")
    register.put(cluster)
    register.put(replace(register.get("node", NODE), parents=(cluster.uri,)))

    assert shown(register, cluster, NOW)["current_num_nodes"] == 1


def test_what_is_terminated_says_when(register):
    register.take(news("Terminated"))

    assert (
        find(register, "container", C1)["destroyed_datetime"] == "Tue, 06 May 2031 17:08:09 +0000"
    )
