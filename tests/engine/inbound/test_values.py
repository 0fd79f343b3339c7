"""The headers of a request, with those that are repeated."""

import pytest

from reactor.engine.inbound import Inbound

INBOUND = Inbound(headers=(("a", "1"), ("b", "2"), ("a", "3"), ("c", "")), body=b"")


@pytest.mark.parametrize(
    ("header", "every", "only"),
    [
        ("a", ("1", "3"), None),
        ("b", ("2",), "2"),
        ("c", ("",), ""),
        ("d", (), None),
    ],
)
def test_a_header_counts_only_when_it_stands_there_once(header, every, only):
    assert INBOUND.every(header) == every
    assert INBOUND.only(header) == only
