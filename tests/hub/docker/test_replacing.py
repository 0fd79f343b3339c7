import pytest

from reactor.hub.docker.replacing import replace_container
from reactor.platforms.docker.acting import Means
from reactor.platforms.docker.compose import Compose
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.finding import Found, Member
from tests.platforms.docker.acted_engine import COMPOSE_LABELS, ENGINE, acted_engine

SWARM = {"com.docker.swarm.service.id": "s1", "com.docker.swarm.service.name": "web"}


@pytest.fixture
def engine():
    with acted_engine() as engine:
        yield engine


def replaced(engine, labels):
    means = Means(engine.client, ENGINE, Compose(parse_address(engine.url), None, environ={}))
    member = Member(id="c1", name="web", labels=labels)
    return replace_container(Found(kind="container", name="web", containers=(member,)), 2, means)


def test_a_swarm_replaces_what_is_removed(engine):
    assert replaced(engine, SWARM).status == 200
    assert engine.calls == ["POST /containers/c1/stop", "DELETE /containers/c1?force=true"]


@pytest.mark.parametrize("labels", [{}, COMPOSE_LABELS])
def test_what_cannot_be_made_anew_is_restarted(engine, labels):
    assert replaced(engine, labels).status == 200
    assert engine.calls == ["POST /containers/c1/restart"]
