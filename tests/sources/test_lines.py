import os
from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from reactor.sources.lines import LONGEST_LINE, LineCutter, blocks


def cut_all(pieces):
    cutter = LineCutter()
    lines = [line for piece in pieces for line in cutter.cut(piece)]
    return [*lines, cutter.rest()]


@given(st.lists(st.binary(max_size=20).map(lambda piece: piece.replace(b"a", b"\n"))))
def test_lines_do_not_depend_on_where_blocks_were_cut(pieces):
    assert cut_all(pieces) == b"".join(pieces).split(b"\n")


def test_of_a_line_that_is_too_long_the_rest_is_skipped():
    endless = [b"x" * 600_000] * 5

    assert cut_all([*endless, b"\nshort\n"]) == [b"x" * LONGEST_LINE, b"short", b""]


def test_a_long_line_in_one_block_is_cut_too():
    assert cut_all([b"x" * (LONGEST_LINE + 7) + b"\ny"]) == [b"x" * LONGEST_LINE, b"y"]


def test_blocks_end_with_the_file():
    reading, writing = os.pipe()
    os.write(writing, b"all there is")
    os.close(writing)

    assert list(blocks(reading, Event())) == [b"all there is"]
    os.close(reading)


def test_blocks_end_at_once_when_stopped():
    reading, writing = os.pipe()
    stop = Event()
    stop.set()

    assert list(blocks(reading, stop)) == []
    os.close(reading)
    os.close(writing)
