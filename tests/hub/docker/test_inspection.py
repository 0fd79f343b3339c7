import pytest

from reactor.hub.docker.inspection import (
    Port,
    from_facts,
    read_engine,
    read_inspection,
    read_machine,
    read_specification,
)
from tests.hub.docker.samples import an_inspection
from tests.platforms.docker.recorded import recorded

WHOLE = {
    "Id": "c1",
    "Created": "2031-05-06T17:00:00.5Z",
    "State": {"Status": "running", "Running": True, "StartedAt": "2031-05-06T17:00:01Z"},
    "Config": {
        "Env": ["A=1", "B=x=y", "C"],
        "Cmd": ["sh", "-c", "sleep 5"],
        "Entrypoint": ["tini", "--"],
        "WorkingDir": "/srv",
        "Tty": True,
    },
    "HostConfig": {
        "RestartPolicy": {"Name": "unless-stopped"},
        "NetworkMode": "shop",
        "Memory": 1024,
        "CpuShares": 0,
        "Privileged": True,
    },
    "NetworkSettings": {
        "Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "53/udp": None},
        "Networks": {"shop": {"IPAddress": "10.0.0.2"}, "none": {}},
    },
}


def test_how_a_container_is_run():
    runtime = read_inspection(WHOLE).runtime

    assert runtime.environment == (("A", "1"), ("B", "x=y"), ("C", ""))
    assert (runtime.command, runtime.entrypoint, runtime.working_dir) == (
        "sh -c 'sleep 5'",
        "tini --",
        "/srv",
    )
    assert (runtime.memory, runtime.cpu_shares, runtime.is_privileged) == (1024, None, True)


def test_ports_networks_and_the_terminal():
    found = read_inspection(WHOLE)

    assert found.runtime.ports == (
        Port(inner=80, outer=8080, protocol="tcp"),
        Port(inner=53, outer=None, protocol="udp"),
    )
    assert (found.address, found.networks) == ("10.0.0.2", {"shop"})
    assert found.has_terminal


@pytest.mark.parametrize(
    ("policy", "shown"),
    [("no", "OFF"), ("", "OFF"), ("on-failure", "ON_FAILURE"), ("always", "ALWAYS")],
)
def test_the_restart_policy_in_docker_clouds_words(policy, shown):
    host = {"RestartPolicy": {"Name": policy}}

    assert read_inspection({**WHOLE, "HostConfig": host}).runtime.autorestart == shown


@pytest.mark.parametrize("said", [None, [], {}, {"Id": 5}, {"Id": ""}])
def test_what_is_no_container_is_none(said):
    assert read_inspection(said) is None


@pytest.mark.parametrize("field", ["Config", "HostConfig", "NetworkSettings"])
@pytest.mark.parametrize("odd", [None, [], "text", {"Env": [5], "Ports": 5, "Networks": 5}])
def test_what_an_engine_leaves_out_is_as_if_nobody_had_asked_for_it(field, odd):
    assert read_inspection({**WHOLE, field: odd}).container.id == "c1"


def test_services_of_a_real_swarm():
    found = {each.name: each for each in map(read_specification, recorded("swarm")["services"])}

    assert all(each.id and each.image for each in found.values())
    assert "@" not in "".join(each.image for each in found.values())


def test_the_ports_and_the_number_of_a_service():
    said = {
        "ID": "s1",
        "Spec": {
            "Name": "web",
            "Mode": {"Replicated": {"Replicas": 3}},
            "TaskTemplate": {"RestartPolicy": {"Condition": "none"}},
        },
        "Endpoint": {"Ports": [{"TargetPort": 80, "PublishedPort": 8080, "Protocol": "tcp"}]},
    }

    found = read_specification(said)

    assert (found.wanted, found.runtime.autorestart) == (3, "OFF")
    assert found.runtime.ports == (Port(inner=80, outer=8080, protocol="tcp"),)
    assert read_specification({}) is None


def test_machines():
    engine = read_engine(
        {"ServerVersion": "20.10", "Driver": "vfs", "NCPU": 2, "MemTotal": 3 << 20}
    )
    node = read_machine(
        {
            "Status": {"Addr": "10.0.0.1"},
            "Description": {
                "Engine": {"EngineVersion": "20.10"},
                "Resources": {"NanoCPUs": 2 * 10**9, "MemoryBytes": 3 << 20},
            },
        }
    )

    assert (engine.version, engine.driver, engine.cpus, engine.memory) == ("20.10", "vfs", 2, 3)
    assert (node.version, node.address, node.cpus, node.memory) == ("20.10", "10.0.0.1", 2, 3)


def test_of_a_container_elsewhere_only_frames_tell():
    facts = {"container": {"docker_id": "c1", "state": "Stopped", "exit_code": 7}}

    found = from_facts(facts, an_inspection())

    assert (found.container.state, found.container.exit_code) == ("Stopped", 7)
    assert (found.container.name, found.address) == ("shop_web_c1", "10.0.0.2")
    assert from_facts(facts, None).container.id == "c1"
