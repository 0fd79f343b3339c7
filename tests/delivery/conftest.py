"""What tests of sending ask for."""

from collections.abc import Iterator

import pytest

from reactor.delivery.transport import Transport
from tests.builders import NOON


@pytest.fixture
def transport() -> Iterator[Transport[object]]:
    """A transport whose wall clock says NOON."""
    transport = Transport[object](lambda: NOON)
    yield transport
    transport.close()
