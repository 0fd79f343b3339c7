"""The real Docker Engine that tests share; without one they skip, or fail where none may."""

import os
from collections.abc import Iterator
from typing import NoReturn

import pytest

from tests.live.engine import (
    Engine,
    EngineUnavailable,
    PrivateEngine,
    docker_engine,
    private_engine,
)


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
