"""No bytes of a stranger stop the decoder, the tree or the matcher, or take them long."""

import json
from time import perf_counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reactor.engine.index import Matcher
from reactor.engine.normalize import MAX_BYTES, Refusal, decode_frame
from reactor.model.event import PLATFORM_OBJECTS, Record
from tests.conditions import condition
from tests.fuzz.frames import CONDITIONS, FRAMES, digest

SECONDS = 20
"""What the largest frame may take with all conditions: ten times what it takes at rest."""

TOKENS = (b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"true", b"1e999", b"-0.0")
ODD_BYTES = (b"\x00", b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"9" * 400, b"[" * 70)
FIELDS = ("type", "action", "state", "parents", "resource_uri", "uuid", "datetime", "service", "x")

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))  # else refused
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("xyzk"), inner),
    max_leaves=10,
)


@st.composite
def torn_frames(draw) -> bytes:
    """A real frame with pieces of it cut out, doubled, or replaced by what is not of it."""
    raw = draw(st.sampled_from(FRAMES))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
        other = draw(st.sampled_from(TOKENS + ODD_BYTES + FRAMES) | st.binary(max_size=8))
        raw = raw[:start] + other + raw[end if draw(st.booleans()) else start :]
    return raw


@st.composite
def odd_frames(draw) -> bytes:
    """A real frame, well-formed, with other values in its fields."""
    fields = json.loads(draw(st.sampled_from(FRAMES)))
    fields.update(draw(st.dictionaries(st.sampled_from(FIELDS), JSON)))
    return json.dumps(fields).encode()


@given(torn_frames())
@settings(max_examples=500, deadline=1000)
def test_torn_frames_are_frames_or_refused(raw):
    digest(raw)


@given(odd_frames())
@settings(max_examples=150, deadline=1000)
def test_frames_with_odd_values_are_taken(raw):
    assert digest(raw)


@given(st.binary(max_size=300))
@example(b"")
@example(b"\xef\xbb\xbf{}")
@settings(max_examples=200, deadline=1000)
def test_any_bytes_are_frames_or_refused(raw):
    digest(raw)


@pytest.mark.parametrize("raw", FRAMES)
def test_the_real_frames_are_taken(raw):
    assert digest(raw)


def filled(piece: str) -> bytes:
    """As many of the pieces in the fields of one frame as are allowed."""
    pieces = (MAX_BYTES - 200) // (len(piece) + 1) // 4
    values = ",".join([piece] * pieces)
    return f'{{"x":[{values}],"parents":[{values}],"tags":[{values}],"state":[{values}]}}'.encode()


LARGEST = {
    "a long text": b'{"state":"%s"}' % (b"a" * (MAX_BYTES - 100)),
    "a long number": b'{"x":"%s"}' % (b"9" * (MAX_BYTES - 100)),
    "zeros": filled("0"),
    "texts": filled('""'),
    "addresses": filled('"10.0.0.1"'),
    "URIs": filled('"/api/app/v1/service/0b0e3538/"'),
    "objects": filled('{"y":0,"k":"a"}'),
    "lists": filled("[" * 60 + "]" * 60),
}
FAST = [each for each in CONDITIONS if "JsonPath" not in repr(each)]


@pytest.mark.parametrize("raw", LARGEST.values(), ids=LARGEST)
def test_the_largest_frames_take_no_longer_than_they_should(raw):
    matcher, started = Matcher(FAST), perf_counter()

    fields = decode_frame(raw)
    assert not isinstance(fields, Refusal)
    record = Record(fields, platform=True, unknown=dict.fromkeys(PLATFORM_OBJECTS, "gone"))
    assert {*matcher.holding(record)} <= {*matcher.possible(record)}

    assert perf_counter() - started < SECONDS


def test_jsonpath_takes_microseconds_for_each_value():
    record = Record({"x": [0] * 100_000}, platform=False)
    started = perf_counter()

    assert condition("$..k: 1").evaluate(record) is None

    assert perf_counter() - started < SECONDS
