import pytest

from reactor.hub.docker.replacing import replace_container
from reactor.platforms.docker.acting import Means
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.finding import Found, Member
from tests.platforms.docker.acted_engine import COMPOSE_LABELS, ENGINE, acted_engine
from tests.platforms.docker.tools import Tool

SWARM = {"com.docker.swarm.service.id": "s1", "com.docker.swarm.service.name": "web"}


@pytest.fixture
def engine():
    with acted_engine() as engine:
        yield engine


def replaced(engine, labels, compose=None):
    compose = compose or Compose(parse_address(engine.url), None, environ={})
    means = Means(engine.client, ENGINE, compose)
    member = Member(id="c1", name="web", labels=labels)
    return replace_container(Found(kind="container", name="web", containers=(member,)), 2, means)


def test_a_swarm_replaces_what_is_removed(engine):
    assert replaced(engine, SWARM).status == 200
    assert engine.calls == ["POST /containers/c1/stop", "DELETE /containers/c1?force=true"]


@pytest.mark.parametrize("labels", [{}, COMPOSE_LABELS])
def test_what_cannot_be_made_anew_is_restarted(engine, labels):
    assert replaced(engine, labels).status == 200
    assert engine.calls == ["POST /containers/c1/restart"]


@pytest.mark.parametrize(("is_one_off", "runs"), [("False", 1), ("True", 0)])
def test_compose_makes_anew_what_is_a_services_own(engine, tmp_path, is_one_off, runs):
    file = tmp_path / "compose.yaml"
    file.touch()
    written = {"working_dir": str(tmp_path), "config_files": str(file)}
    labels = {f"com.docker.compose.project.{name}": text for name, text in written.items()}
    labels = {**COMPOSE_LABELS, **labels, "com.docker.compose.oneoff": is_one_off}
    tool = Tool(tmp_path)
    tool.install()

    assert replaced(engine, labels, tool.compose(engine.url)).status == 200
    assert sum("up" in each["arguments"] for each in tool.called) == runs
    assert ("POST /containers/c1/restart" in engine.calls) == (runs == 0)
