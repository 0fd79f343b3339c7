"""The real Docker Engine that tests share; without one they skip, or fail where none may."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.live.engine import (
    Engine,
    EngineUnavailable,
    PrivateEngine,
    docker_engine,
    private_engine,
)

INSTALLING_SECONDS = 600
"""The first test that needs an engine may have to install one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder time for that."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(INSTALLING_SECONDS))


def unavailable(reason: str) -> NoReturn:
    """Skip, or with REACTOR_REQUIRE_LIVE=1 fail, because of what is missing here."""
    if os.environ.get("REACTOR_REQUIRE_LIVE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_engine() -> Iterator[Engine]:
    try:
        with docker_engine() as running:
            yield running
    except EngineUnavailable as error:
        unavailable(str(error))


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """A running engine; containers that a test starts are gone after it."""
    yield shared_engine
    shared_engine.clear()


@pytest.fixture
def own_engine() -> Iterator[PrivateEngine]:
    """An engine that a test may stop."""
    try:
        with private_engine() as running:
            yield running
    except EngineUnavailable as error:
        unavailable(str(error))


@pytest.fixture(scope="session")
def swarm() -> Iterator[Engine]:
    """An engine that is the manager of a swarm. Services have names of their own."""
    try:
        with private_engine() as running:
            running.init_swarm()
            yield running
    except EngineUnavailable as error:
        unavailable(str(error))


@pytest.fixture
def swarm_of_two() -> Iterator[tuple[PrivateEngine, PrivateEngine]]:
    """A manager and a worker, which meet on loopback."""
    try:
        with private_engine() as manager, private_engine() as worker:
            addresses = ("--advertise-addr", "127.0.0.1", "--listen-addr", "127.0.0.1:23771")
            manager.docker("swarm", "init", *addresses)
            token = manager.docker("swarm", "join-token", "--quiet", "worker")
            addresses = ("--advertise-addr", "127.0.0.2", "--listen-addr", "127.0.0.2:23771")
            worker.docker("swarm", "join", *addresses, "--token", token, "127.0.0.1:23771")
            yield manager, worker
            manager.docker("swarm", "leave", "--force")
    except EngineUnavailable as error:
        unavailable(str(error))
