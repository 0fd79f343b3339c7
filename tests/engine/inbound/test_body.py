"""Bodies become JSON objects, or say why not."""

import pytest

from reactor.engine.inbound import Inbound, Refused
from reactor.engine.inbound.body import (
    MAX_EVENTS,
    form_fields,
    is_json_value,
    json_body,
    json_object,
    json_objects,
    list_under,
    media_type,
)
from reactor.engine.normalize import MAX_BYTES


def typed(*media: str) -> Inbound:
    return Inbound(headers=tuple(("content-type", each) for each in media), body=b"{}")


@pytest.mark.parametrize(
    ("media", "taken"),
    [
        (("application/json",), True),
        (("Application/JSON; charset=utf-8",), True),
        (("application/vnd.docker.distribution.events.v2+json",), True),
        (("text/json",), True),
        (("application/x-www-form-urlencoded",), False),
        (("text/plain",), False),
        (("application/jsonp",), False),
        (("application/+json",), False),
        (("",), False),
        ((), False),
        (("application/json", "application/json"), False),
    ],
)
def test_a_body_must_say_that_it_is_json(media, taken):
    raw = json_body(typed(*media))

    assert raw == b"{}" if taken else raw.status == 415


def test_a_media_type_is_told_without_its_parameters():
    assert media_type(typed(" Text/Plain ; charset=utf-8")) == "text/plain"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"a": "\\u0000"}', 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 400),
        (b"[" * 100_000, 400),
        (b"[1,]", 400),
        (b'[{"a": "\xff"}]', 400),
        (b"[{}] {}", 400),
        (b"1", 422),
        (b"null", 422),
        (b"[1]", 422),
        (b"[{}, []]", 422),
        (b'{"a":"' + b"x" * MAX_BYTES + b'"}', 413),
        (b'[{"a":"' + b"x" * MAX_BYTES + b'"}]', 413),
        (b"[" + b"{}," * MAX_EVENTS + b"{}]", 413),
    ],
)
def test_what_cannot_be_events_is_refused_as_a_whole(raw, status):
    assert json_objects(raw).status == status


def test_each_object_of_a_list_keeps_the_bytes_of_its_sender():
    documents = json_objects(b' [ {"a" : 1.50}, {"b":\t2} ]')

    assert [document.raw for document in documents] == [b'{"a" : 1.50}', b'{"b":\t2}']
    assert [document.data for document in documents] == [{"a": 1.5}, {"b": 2}]


def test_as_many_events_as_allowed_are_taken():
    assert len(json_objects(b"[" + b"{}," * (MAX_EVENTS - 1) + b"{}]")) == MAX_EVENTS


def test_one_object_is_one_document_and_no_element_none():
    assert [document.raw for document in json_objects(b' {"a": 1} ')] == [b' {"a": 1} ']
    assert json_objects(b"[]") == ()


def test_a_reason_that_was_found_before_is_kept():
    refused = json_body(typed("text/plain"))

    assert json_object(refused) is refused
    assert json_objects(refused) is refused


@pytest.mark.parametrize("raw", [b"{}", b'{"events": {}}', b'{"events": null}'])
def test_an_object_without_its_list_is_refused(raw):
    refused = list_under(json_object(raw), "events")

    assert isinstance(refused, Refused)
    assert refused.status == 422


def test_a_list_in_an_object_keeps_the_bytes_of_its_elements():
    documents = list_under(json_object(b'{"n": 1, "events": [{"a" : 1}]}'), "events")

    assert [document.raw for document in documents] == [b'{"a" : 1}']


@pytest.mark.parametrize(
    ("raw", "is_value"),
    [(b"1", True), (b' "x" ', True), (b"[1]", True), (b'1,"a":2', False), (b"", False)],
)
def test_a_json_value_is_one_value_and_nothing_more(raw, is_value):
    assert is_json_value(raw) == is_value


def test_a_form_is_read_with_its_empty_fields():
    assert form_fields(b"payload=%7B%7D&text=&a=b+c%C3%A4") == {
        "payload": "{}",
        "text": "",
        "a": "b cä",
    }


@pytest.mark.parametrize("raw", [b"a=1&a=2", b"a=%ff", b"a=\xff", b"&".join([b"a=1"] * 101)])
def test_a_form_that_is_none_or_says_a_field_twice_is_refused(raw):
    assert form_fields(raw).status == 400
