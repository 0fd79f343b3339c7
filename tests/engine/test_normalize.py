"""Frames become events, or say why not; nothing that a frame holds can raise."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.normalize import (
    MAX_BYTES,
    MAX_DEPTH,
    Refusal,
    canonical,
    decode_frame,
    normalize,
    record_of,
)
from reactor.model.event import Arrival
from tests.builders import NOON, an_event, replace

SERVICE = "/api/app/v1/acme/service/0b0e3538-88df-4f07-9aed-3a3cc4175076/"
CONTAINER = "/api/app/v1/acme/container/fa159860-9048-4d1e-8655-6285fa9e3fa2/"


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"not json", Refusal.NOT_JSON),
        (b"", Refusal.NOT_JSON),
        (b'{"a": NaN}', Refusal.NOT_JSON),
        (b'{"a": "\xff"}', Refusal.NOT_JSON),
        (b'{"a": "\\ud800"}', Refusal.NOT_JSON),
        (b'{"a": "\x00"}', Refusal.NOT_JSON),
        (b'[{"a": 1}]', Refusal.NOT_AN_OBJECT),
        (b"null", Refusal.NOT_AN_OBJECT),
        (b'{"a": "\\u0000"}', Refusal.HAS_NUL),
        (b'{"\\u0000": 1}', Refusal.HAS_NUL),
        (b'{"a": 1e999}', Refusal.HUGE_NUMBER),
        (b'{"a": ' + b"9" * 5000 + b"}", Refusal.HUGE_NUMBER),
        (nested(MAX_DEPTH + 1), Refusal.TOO_DEEP),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", Refusal.TOO_DEEP),
        (b'{"a": "' + b"x" * MAX_BYTES + b'"}', Refusal.TOO_LARGE),
    ],
)
def test_a_frame_that_cannot_be_an_event_says_why(raw: bytes, refusal: Refusal) -> None:
    assert refusal is decode_frame(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"a": "\\\\u0000"}',  # a backslash and five characters, not a NUL
        nested(MAX_DEPTH),
        b'{"a": [' + b"{}," * 500 + b"{}]}",  # wide, not deep
        b'{"n": 123456789012345678901234567890}',
    ],
)
def test_unusual_frames_are_still_events(raw: bytes) -> None:
    assert isinstance(decode_frame(raw), dict)


@given(st.binary(max_size=200))
def test_no_bytes_can_make_decoding_raise(raw: bytes) -> None:
    decode_frame(raw)


def test_the_frames_own_uuid_names_the_event() -> None:
    assert an_event(uuid="u-1", identity="line-9").id == "u-1"


def test_a_frame_without_uuid_is_named_by_its_source() -> None:
    assert an_event(identity="line-9").id == "line-9"


def test_the_subject_is_the_resource_uri_or_else_the_source() -> None:
    assert an_event(resource_uri=CONTAINER).subject == CONTAINER
    assert an_event(source="local").subject == "local"


@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ({"datetime": "2016-02-01T16:47:28Z"}, datetime(2016, 2, 1, 16, 47, 28, tzinfo=UTC)),
        ({"date": "2015-12-07T05:01:01+01:00"}, datetime(2015, 12, 7, 4, 1, 1, tzinfo=UTC)),
        (
            {"datetime": "Thu, 16 Oct 2014 12:04:08 +0000"},
            datetime(2014, 10, 16, 12, 4, 8, tzinfo=UTC),
        ),
        ({"datetime": "yesterday"}, NOON),
        ({"datetime": 5}, NOON),
        ({"datetime": "0001-01-01T00:00:00+23:59"}, NOON),
        ({}, NOON),
    ],
)
def test_an_event_happened_when_its_frame_says_or_when_it_came(
    fields: dict[str, object], time: datetime
) -> None:
    assert time == an_event(**fields).time


def test_platform_objects_have_the_uuid_and_uri_that_the_frame_names() -> None:
    event = an_event(platform=True, resource_uri=CONTAINER, parents=[SERVICE, 7, "/svc/a/"])

    assert event.facts == {
        "container": {"uuid": "fa159860-9048-4d1e-8655-6285fa9e3fa2", "uri": CONTAINER},
        "service": {"uuid": "0b0e3538-88df-4f07-9aed-3a3cc4175076", "uri": SERVICE},
    }


def test_facts_of_the_source_join_what_the_uris_tell() -> None:
    event = an_event(platform=True, parents=[SERVICE], facts={"service": {"name": "web"}})

    assert event.facts["service"] == {
        "uuid": "0b0e3538-88df-4f07-9aed-3a3cc4175076",
        "uri": SERVICE,
        "name": "web",
    }


@pytest.mark.parametrize(
    ("platform", "fields"),
    [
        (True, {"service": {"name": "web"}, "state": "Stopped"}),
        (False, {"service": {"name": "web"}, "state": "Stopped", "other": 1}),
    ],
)
def test_facts_win_over_the_frame_and_of_platforms_only_those_of_their_objects(
    platform: bool, fields: dict[str, object]
) -> None:
    facts = {"service": {"name": "web"}, "other": 1}

    event = an_event(platform=platform, facts=facts, service="mine", state="Stopped")

    assert record_of(event).fields == fields


def test_a_name_that_the_sender_gave_wins_over_a_uuid_in_the_frame() -> None:
    arrival = Arrival(source="hooks", raw=b'{"uuid": "of a user"}', identity="1", is_named=True)

    assert normalize(arrival, NOON).id == "1"


def test_what_is_unknown_of_an_event_is_so_in_its_record() -> None:
    event = replace(an_event(platform=True), unknown={"service": "not asked"})

    assert "service" in record_of(event).unknown


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), json_values))
def test_no_object_can_make_normalizing_raise(frame: dict[str, object]) -> None:
    arrival = Arrival(source="s", raw=msgspec.json.encode(frame), identity="i", platform=True)

    normalize(arrival, NOON)


def test_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert (
        canonical({"b": 1, "a": [None]}) == canonical({"a": [None], "b": 1}) == '{"a":[null],"b":1}'
    )


def test_what_the_sender_says_in_its_own_way_wins_over_the_frame():
    frame = b'{"date": "2015-12-07T04:01:01+00:00", "resource_uri": "/api/v1/container/a/"}'
    arrival = Arrival(source="hooks", raw=frame, identity="1", subject="acme/web", time=NOON)

    event = normalize(arrival, NOON)

    assert (event.subject, event.time) == ("acme/web", NOON)
