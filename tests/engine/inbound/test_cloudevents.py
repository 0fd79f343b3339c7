"""What only CloudEvents do; their documented requests are in test_presets.py."""

import json

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.vectors import NOW, vector

CONTEXT = (("ce-specversion", "1.0"), ("ce-type", "t"), ("ce-source", "/s"), ("ce-id", "1"))


def binary(body: bytes, media: str | None, *headers: tuple[str, str]):
    typed = (("content-type", media),) if media else ()
    return read("cloudevents", Inbound(headers=(*CONTEXT, *typed, *headers), body=body), NOW)


def attributes(body: bytes, media: str | None, *headers: tuple[str, str]):
    (event,) = binary(body, media, *headers)
    own = ("specversion", "type", "source", "id")
    return {name: value for name, value in json.loads(event.raw).items() if name not in own}


def test_an_event_is_the_same_in_every_mode():
    structured = vector("cloudevents_structured")
    in_binary = vector("cloudevents_binary")

    (first,) = read("cloudevents", structured.inbound, NOW)
    (second,) = read("cloudevents", in_binary.inbound, NOW)

    assert first.id == second.id
    assert json.loads(first.raw)["data"] == json.loads(second.raw)["data"]


@pytest.mark.parametrize(
    ("body", "media", "written"),
    [
        (b"", None, {}),
        (b"7", "application/json", {"data": 7, "datacontenttype": "application/json"}),
        (b"<a/>", "text/xml", {"data": "<a/>", "datacontenttype": "text/xml"}),
        (b"\xff\x00", "image/x", {"data_base64": "/wA=", "datacontenttype": "image/x"}),
        (b"plain", None, {"data": "plain"}),
    ],
)
def test_a_payload_of_any_kind_is_written_as_the_json_format_does(body, media, written):
    assert attributes(body, media) == written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ('"in quotes \\"and\\" \\\\"', 'in quotes "and" \\'),
        ("Euro €".encode().decode("latin-1"), "Euro €"),
        ("100%25", "100%"),
    ],
)
def test_headers_are_decoded_as_the_binding_says(value, text):
    assert attributes(b"", None, ("ce-subject", value)) == {"subject": text}


@pytest.mark.parametrize(
    ("body", "media", "headers"),
    [
        (b'1,"type":"other"', "application/json", ()),
        (b'{"a":1}}', "application/json", ()),
        (b"not json", "application/json", ()),
        (b"", None, (("ce-subject", "%C0%A0"),)),  # an overlong space: HTTP binding §3.1.3.2
        (b"", None, (("ce-id", "2"),)),
        (b"", None, (("ce-data", "smuggled"),)),
        (b"", None, (("ce-datacontenttype", "text/plain"),)),
    ],
)
def test_nothing_can_be_smuggled_into_the_attributes(body, media, headers):
    assert binary(body, media, *headers).status == 422


def structured(*events: object, media: str = "application/cloudevents-batch+json"):
    inbound = Inbound(headers=(("content-type", media),), body=json.dumps(events).encode())
    return read("cloudevents", inbound, NOW)


EVENT = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}


@pytest.mark.parametrize("field", EVENT)
def test_one_event_that_lacks_an_attribute_refuses_the_batch(field):
    lacking = {name: value for name, value in EVENT.items() if name != field}

    assert structured(EVENT, lacking).status == 422


def test_another_version_is_refused_and_an_empty_batch_is_not():
    assert structured(EVENT | {"specversion": "0.3"}).status == 422
    assert structured() == ()


@pytest.mark.parametrize("other", [{"id": "2"}, {"source": "/t"}])
def test_id_and_source_name_an_event_together(other):
    first, second = structured(EVENT, EVENT | other)

    assert first.id != second.id


def test_other_formats_and_requests_that_are_no_cloudevent_are_refused():
    plain = Inbound(headers=(("content-type", "application/json"),), body=b"{}")

    assert structured(EVENT, media="application/cloudevents+avro").status == 415
    assert read("cloudevents", plain, NOW).status == 422
