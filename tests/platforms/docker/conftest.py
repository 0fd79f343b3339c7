"""What tests of acting share."""

from collections.abc import Iterator

import pytest

from tests.platforms.docker.acted_engine import ActedEngine, acted_engine


@pytest.fixture
def acted() -> Iterator[ActedEngine]:
    with acted_engine() as engine:
        yield engine
