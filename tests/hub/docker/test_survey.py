import pytest

from reactor.hub.docker.survey import inspect, machines, specifications, survey
from reactor.platforms.docker.client import Gone
from tests.platforms.docker.acted_engine import ENGINE, MANAGER, acted_engine


@pytest.fixture
def engine():
    with acted_engine() as engine:
        yield engine


def have(engine, docker_id, **labels):
    """A running container, inspected in full."""
    engine.run(docker_id, **labels)
    inspected = {
        "Id": docker_id,
        "Name": f"/name-{docker_id}",
        "State": {"Status": "running", "Running": True},
        "Config": {"Image": "nginx", "Labels": labels},
    }
    engine.answers[f"/containers/{docker_id}/json"] = (200, inspected)


def test_an_engine_with_all_that_it_has(engine):
    have(engine, "c1")
    have(engine, "c2", **{"reactor.enable": "false"})
    engine.run("half")

    found = survey(engine.client)

    assert [each.container.id for each in found.containers] == ["c1"]
    assert (found.engine.id, found.services, found.nodes) == (ENGINE.id, (), ())


def test_a_container_that_is_gone_is_none(engine):
    assert inspect(engine.client, ENGINE, "c9") is None


def test_only_a_manager_is_asked_for_services_and_nodes(engine):
    engine.serve("s1")
    engine.answers["/nodes"] = (200, [{"ID": "n1", "Status": {"Addr": "10.0.0.1"}}])

    assert specifications(engine.client, ENGINE) == machines(engine.client, ENGINE) == {}
    assert specifications(engine.client, MANAGER)["s1"].wanted == 2
    assert machines(engine.client, MANAGER)["n1"].address == "10.0.0.1"


def test_an_engine_that_is_away_is_gone():
    with acted_engine() as engine:
        client = engine.client

    with pytest.raises(Gone):
        survey(client)
