"""A recording's lines become arrivals on a clock that never goes back."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cli.recording import START, Recording
from reactor.duration import format_time

MOMENTS = st.none() | st.integers(-(10**9), 10**9).map(
    lambda seconds: format_time(START + timedelta(seconds=seconds))
)
LINES = st.lists(st.tuples(MOMENTS, MOMENTS, st.sampled_from(["", "nonsense", "[1]"])))


def recorded(*lines, bad=None, path="a.jsonl"):
    told = (lambda *words: bad.append(words)) if bad is not None else pytest.fail
    return Recording(
        [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines],
        path=path,
        source="replay",
        on_bad=told,
    )


@given(LINES)
def test_time_never_goes_back(described):
    lines = []
    for at, datetime_, other in described:
        event = {"type": "container"} | ({"datetime": datetime_} if datetime_ else {})
        lines += [{"event": event} | ({"at": at} if at else {}), other.encode()]

    recording = recorded(*lines, bad=[])
    times = [arrival.at for arrival in recording]

    assert all(earlier <= later for earlier, later in pairwise(times))
    assert recording.now == (times[-1] if times else START)


def test_a_recording_may_be_of_any_year_and_begins_in_2030_only_where_it_does_not_say():
    old = [arrival.at for arrival in recorded({"datetime": "2016-05-05T12:00:00Z"}, {"n": 1})]
    untold = [arrival.at for arrival in recorded({"n": 1}, {"n": 2})]

    assert old == [datetime(2016, 5, 5, 12, tzinfo=UTC)] * 2
    assert untold == [START] * 2


def test_a_time_is_the_lines_own_else_the_frames_else_that_of_the_line_before():
    first, second, third, fourth = recorded(
        {"type": "container"},
        {"type": "container", "datetime": "2030-01-01T00:01:00Z"},
        {"at": "2030-01-01T00:05:00Z", "event": {"datetime": "2030-01-01T00:02:00Z"}},
        {"event": {}},
    )

    assert [first.at, second.at, third.at, fourth.at] == [
        datetime(2030, 1, 1, 0, minutes, tzinfo=UTC) for minutes in (0, 1, 5, 5)
    ]


@given(st.lists(st.sampled_from(["a", "b"]), min_size=2, max_size=20))
def test_no_two_lines_have_one_identity_though_they_be_alike(kinds):
    lines = [{"type": kind} for kind in kinds]

    identities = [arrival.identity for arrival in recorded(*lines)]

    assert len(set(identities)) == len(lines)
    assert identities == [arrival.identity for arrival in recorded(*lines)]


def test_the_same_line_of_another_file_is_another_event():
    (one,), (other,) = recorded({"x": 1}, path="a"), recorded({"x": 1}, path="b")

    assert one.identity != other.identity


def test_a_bare_line_is_the_frame_byte_for_byte():
    raw = b'{ "type" : "container", "n": 1.0 }'

    (arrival,) = recorded(b"  " + raw + b"\r\n")

    assert (arrival.raw, arrival.source, arrival.facts) == (raw, "replay", {})
    assert arrival.platform


def test_a_wrapped_line_brings_facts_and_its_source():
    (arrival,) = recorded(
        {"event": {"type": "container"}, "facts": {"service.name": "web"}, "source": "docker"}
    )

    assert json.loads(arrival.raw) == {"type": "container"}
    assert (arrival.source, arrival.facts) == ("docker", {"service": {"name": "web"}})


def test_a_frame_that_has_a_field_event_beside_others_is_bare():
    (arrival,) = recorded({"event": {"x": 1}, "type": "action"})

    assert json.loads(arrival.raw) == {"event": {"x": 1}, "type": "action"}


def test_blank_lines_are_skipped_and_numbers_are_those_of_the_file():
    bad = []

    kept = list(recorded(b"", {"x": 1}, b"   ", b"nonsense", {"x": 2}, bad=bad))

    assert [json.loads(arrival.raw)["x"] for arrival in kept] == [1, 2]
    assert [number for number, _ in bad] == [4]
