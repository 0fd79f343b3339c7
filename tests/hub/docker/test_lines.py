from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.hub.docker.lines import LONGEST, LogCutter
from reactor.hub.fleet import Line

STAMP = "2031-05-06T17:08:09.123456789Z"
AT = datetime(2031, 5, 6, 17, 8, 9, 123_456, tzinfo=UTC)


def framed(text, stream=1):
    content = f"{STAMP} {text}".encode()
    return bytes([stream, 0, 0, 0]) + len(content).to_bytes(4) + content


def test_each_message_is_a_line_of_its_stream():
    cutter = LogCutter(has_terminal=False, source="web-1")

    lines = cutter.cut(framed("one\n") + framed("two", 2))

    assert lines == [
        Line(text="one\n", stream="stdout", at=AT, source="web-1"),
        Line(text="two", stream="stderr", at=AT, source="web-1"),
    ]


def test_a_terminals_lines_have_no_frames():
    cutter = LogCutter(has_terminal=True, source=None)

    lines = cutter.cut(f"{STAMP} one\r\n{STAMP} tw".encode()) + cutter.cut(b"o\r\n")

    assert [line.text for line in lines] == ["one\r\n", "two\r\n"]


def test_a_terminals_line_without_end_is_cut():
    cutter = LogCutter(has_terminal=True, source=None)

    (line,) = cutter.cut(f"{STAMP} {'x' * LONGEST}".encode())

    assert len(line.text) == LONGEST


@given(st.lists(st.integers(1, 40), max_size=10))
def test_it_does_not_matter_how_the_bytes_come(sizes):
    whole = framed("one\n") + framed("two\n", 2) + framed("ä\n")
    cutter, lines, start = LogCutter(has_terminal=False, source=None), [], 0
    for size in [*sizes, len(whole)]:
        lines += cutter.cut(whole[start : start + size])
        start += size

    assert [line.text for line in lines] == ["one\n", "two\n", "ä\n"]


@pytest.mark.parametrize(
    ("stamp", "since"),
    [
        (STAMP, "1935853689.123456790"),
        ("2031-05-06T17:08:09.999999999Z", "1935853690.000000000"),
        ("2031-05-06T17:08:09Z", "1935853689.000000001"),
    ],
)
def test_the_engine_is_asked_again_from_the_next_nanosecond_on(stamp, since):
    cutter = LogCutter(has_terminal=True, source=None)
    assert cutter.next_since is None

    cutter.cut(f"{stamp} one\n".encode())

    assert cutter.next_since == since


@given(st.binary(max_size=100), st.booleans())
def test_whatever_comes_it_does_not_fail(received, has_terminal):
    LogCutter(has_terminal=has_terminal, source=None).cut(received)
