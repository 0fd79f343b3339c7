"""Any sender of JSON."""

from datetime import timedelta

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW


def sent(body: bytes, *headers: tuple[str, str], now=NOW):
    return read("none", Inbound(headers=(JSON, *headers), body=body), now)


def test_an_object_is_an_event_byte_for_byte_and_a_list_is_several():
    assert [event.raw for event in sent(b' {"n" : 1}')] == [b' {"n" : 1}']
    assert [event.raw for event in sent(b'[{"n" : 1}, {"n":2}]')] == [b'{"n" : 1}', b'{"n":2}']
    assert sent(b"[]") == ()


@pytest.mark.parametrize("header", ["webhook-id", "idempotency-key"])
def test_a_delivery_that_its_sender_names_numbers_its_events(header):
    events = sent(b"[{}, {}]", (header, "d-1"))

    assert [event.id for event in events] == ["d-1/1", "d-1/2"]


def test_a_uuid_names_an_event_as_it_does_in_every_stream():
    events = sent(b'[{"uuid": "u-1"}, {"uuid": 7}]', ("webhook-id", "d-1"))

    assert [event.id for event in events] == ["u-1", "d-1/2"]


def test_what_nobody_names_is_an_event_each_time():
    assert sent(b"{}")[0].id != sent(b"{}", now=NOW + timedelta(seconds=1))[0].id


def test_what_is_no_json_object_is_refused():
    assert sent(b"7").status == 422
    assert read("none", Inbound(headers=(), body=b"{}"), NOW).status == 415
