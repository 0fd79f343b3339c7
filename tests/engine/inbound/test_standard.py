"""What only Standard Webhooks do; their documented requests are in test_presets.py."""

from datetime import UTC, datetime

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW


def sent(body: bytes):
    headers = (JSON, ("webhook-id", "msg_1"), ("webhook-timestamp", "1674087231"))
    return read("standard-webhooks", Inbound(headers=headers, body=body), NOW)


@pytest.mark.parametrize(
    ("body", "time"),
    [
        (b'{"timestamp": "2022-11-03T20:26:10Z"}', datetime(2022, 11, 3, 20, 26, 10, tzinfo=UTC)),
        (b'{"timestamp": "soon"}', datetime(2023, 1, 19, 0, 13, 51, tzinfo=UTC)),
        (b"{}", datetime(2023, 1, 19, 0, 13, 51, tzinfo=UTC)),
    ],
)
def test_an_event_happened_when_it_says_or_else_when_it_was_sent(body, time):
    assert sent(body)[0].time == time


def test_a_body_that_is_no_object_is_refused():
    assert sent(b"[]").status == 422
