import locale
from datetime import UTC, datetime

import pytest

from reactor.hub.objects import rest_date
from tests.hub.fleets import A_WHILE, START, a_fleet, named, operate

TEXT, NUMBER, FLAG, ITEMS, NOTHING = str, int, bool, list, type(None)

# What the old clients read, with the JSON types that the strictest of them, in Go, takes.
CONTAINER = {
    "name": TEXT,
    "uuid": TEXT,
    "resource_uri": TEXT,
    "state": TEXT,
    "image_name": TEXT,
    "run_command": TEXT,
    "exit_code": (NUMBER, NOTHING),
    "exit_code_msg": (TEXT, NOTHING),
    "deployed_datetime": TEXT,
    "started_datetime": (TEXT, NOTHING),
    "stopped_datetime": (TEXT, NOTHING),
    "destroyed_datetime": (TEXT, NOTHING),
    "container_ports": ITEMS,
    "container_envvars": ITEMS,
    "linked_to_container": ITEMS,
    "link_variables": dict,
    "public_dns": TEXT,
    "private_ip": TEXT,
    "node": TEXT,
    "service": TEXT,
    "autorestart": TEXT,
}
SERVICE = {
    "name": TEXT,
    "nickname": TEXT,
    "synchronized": FLAG,
    "stack": (TEXT, NOTHING),
    "containers": ITEMS,
    "current_num_containers": NUMBER,
    "target_num_containers": NUMBER,
    "running_num_containers": NUMBER,
    "stopped_num_containers": NUMBER,
    "image_name": TEXT,
    "deployed_datetime": TEXT,
    "public_dns": TEXT,
    "tags": ITEMS,
    "container_ports": ITEMS,
    "linked_to_service": ITEMS,
    "autorestart": TEXT,
}
STACK = {
    "name": TEXT,
    "nickname": TEXT,
    "synchronized": FLAG,
    "services": ITEMS,
    "deployed_datetime": TEXT,
    "destroyed_datetime": (TEXT, NOTHING),
}
NODE = {
    "external_fqdn": TEXT,
    "nickname": TEXT,
    "last_seen": TEXT,
    "node_cluster": TEXT,
    "docker_version": TEXT,
    "public_ip": TEXT,
    "region": TEXT,
    "node_type": TEXT,
    "tags": ITEMS,
}
NODECLUSTER = {
    "name": TEXT,
    "region": TEXT,
    "node_type": TEXT,
    "nodes": ITEMS,
    "current_num_nodes": NUMBER,
    "target_num_nodes": NUMBER,
    "deployed_datetime": TEXT,
}
ACTION = {
    "action": TEXT,
    "object": TEXT,
    "method": TEXT,
    "path": TEXT,
    "start_date": TEXT,
    "end_date": (TEXT, NOTHING),
    "ip": TEXT,
    "location": TEXT,
    "user_agent": TEXT,
    "is_user_action": FLAG,
    "can_be_canceled": FLAG,
    "can_be_retried": FLAG,
}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("container", CONTAINER),
        ("service", SERVICE),
        ("stack", STACK),
        ("node", NODE),
        ("nodecluster", NODECLUSTER),
        ("action", ACTION),
    ],
)
def test_every_object_has_the_fields_that_clients_read(kind, fields):
    fleet = a_fleet()
    operate(fleet, "service", "web", "redeploy")
    fleet.advance(START + A_WHILE)

    for shown in fleet.objects(kind):
        wrong = {
            name: shown.get(name) for name in fields if not isinstance(shown[name], fields[name])
        }
        assert wrong == {}


def test_dates_are_written_to_the_letter():
    assert rest_date(datetime(2014, 10, 6, 12, 4, 8, tzinfo=UTC)) == (
        "Mon, 06 Oct 2014 12:04:08 +0000"
    )
    assert rest_date(None) is None


def test_dates_are_what_the_old_command_line_reads():
    locale.setlocale(locale.LC_TIME, "C")

    read = datetime.strptime(rest_date(START), "%a, %d %b %Y %H:%M:%S +0000").replace(tzinfo=UTC)

    assert read == START


@pytest.mark.parametrize(
    ("exit_code", "sentence"),
    [
        (0, "Ended normally"),
        (3, "Ended with exit code 3"),
        (137, "Ended by signal 9"),
    ],
)
def test_a_crashed_container_shows_its_exit_code(exit_code, sentence):
    fleet = a_fleet()
    (uuid,) = fleet.running("backup")

    fleet.crash(uuid, exit_code)

    container = fleet.find("container", uuid)
    assert (container["exit_code"], container["exit_code_msg"]) == (exit_code, sentence)
    assert container["stopped_datetime"] == "Mon, 07 Jan 2030 12:34:56 +0000"


def test_a_running_container_has_no_exit_code():
    fleet = a_fleet()

    container = fleet.find("container", fleet.running("web")[0])

    assert (container["exit_code"], container["exit_code_msg"]) == (None, None)


def test_what_is_published_shows_its_ports():
    fleet = a_fleet()

    (outside,) = named(fleet, "service", "web")["container_ports"]

    assert (outside["inner_port"], outside["outer_port"]) == (80, 80)
    assert named(fleet, "service", "worker")["container_ports"] == []


def test_environment_variables_are_pairs_of_key_and_value():
    assert named(a_fleet(), "container", "web-1")["container_envvars"] == [
        {"key": "DB_HOST", "value": "db"}
    ]


def test_a_service_counts_its_containers():
    fleet = a_fleet()
    fleet.crash(fleet.running("web")[0], 1)

    web = named(fleet, "service", "web")

    counts = ("current", "target", "running", "stopped")
    assert [web[f"{count}_num_containers"] for count in counts] == [3, 3, 2, 1]


def test_every_container_is_on_a_node_that_is_listed():
    fleet = a_fleet()
    nodes = {node["resource_uri"]: node for node in fleet.objects("node")}

    homes = [container["node"] for container in fleet.objects("container")]

    assert {uri: homes.count(uri) for uri in nodes} == {
        uri: node["current_num_containers"] for uri, node in nodes.items()
    }


def test_a_lost_node_was_last_seen_when_it_was_lost():
    fleet = a_fleet()
    uuid = str(fleet.objects("node")[0]["uuid"])

    fleet.lose(uuid)
    fleet.advance(START + A_WHILE)

    assert fleet.find("node", uuid)["last_seen"] == "Mon, 07 Jan 2030 12:34:56 +0000"
