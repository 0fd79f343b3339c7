"""Lines for people: safe, in order, never in the way, and seldom when they repeat."""

import io
import os
import re
from datetime import timedelta
from threading import Event, Thread

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.observe import log
from reactor.observe.log import Printer, Seldom, printable, printable_json
from tests.builders import NOON
from tests.fakes import PATIENCE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain → ünicode 🐳", "plain → ünicode 🐳"),
        ("a\tb", "a\tb"),
        ("one\ntwo\r", r"one\ntwo\r"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x00\x7f\x9b", r"\x00\x7f\x9b"),
        ("abc\u202edef", r"abc\u202edef"),
        ("\ud800", r"\ud800"),
    ],
)
def test_text_from_outside_can_neither_forge_nor_hide(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_every_text_becomes_one_line_that_any_stream_takes(text):
    shown = printable(text)

    assert shown.encode().decode().splitlines() in ([], [shown]) or "\u2028" in shown
    assert not re.search("[\x00-\x08\x0a-\x1f\x7f-\x9f]", shown)


def start(printer):
    thread = Thread(target=printer.run)
    thread.start()
    return thread


class Paused(io.StringIO):
    """A terminal that takes nothing until it is let go on."""

    def __init__(self):
        super().__init__()
        self.is_asked, self.go_on = Event(), Event()

    def write(self, text):
        self.is_asked.set()
        assert self.go_on.wait(PATIENCE)
        return super().write(text)


def test_lines_are_written_in_their_order_and_closing_waits_for_them():
    stream = io.StringIO()
    printer = Printer(stream)
    thread = start(printer)
    for number in range(100):
        printer.line(f"line {number}")

    printer.close()
    thread.join(PATIENCE)

    assert stream.getvalue() == "".join(f"line {number}\n" for number in range(100))


def test_lines_that_come_together_are_written_together():
    class Counting(io.StringIO):
        writes = 0

        def write(self, text):
            self.writes += 1
            return super().write(text)

    stream = Counting()
    printer = Printer(stream)
    for number in range(100):
        printer.line(f"line {number}")
    thread = start(printer)
    printer.close()
    thread.join(PATIENCE)

    assert stream.writes == 1


def test_a_line_waits_for_no_other():
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as stream:
        printer = Printer(stream)
        thread = start(printer)
        printer.line("now")

        assert lines.readline() == "now\n"
        printer.close()
        thread.join(PATIENCE)


def test_a_paused_terminal_holds_up_nobody_and_what_was_dropped_is_counted(monkeypatch):
    monkeypatch.setattr(log, "MAX_WAITING", 3)  # ten thousand lines prove no more
    stream = Paused()
    printer = Printer(stream)
    thread = start(printer)
    printer.line("first")
    assert stream.is_asked.wait(PATIENCE)
    for number in range(5):
        printer.line(f"line {number}")

    stream.go_on.set()
    printer.close()
    thread.join(PATIENCE)

    assert stream.getvalue().splitlines() == [
        *("first", "line 0", "line 1", "line 2"),
        "(2 more lines could not be written in time)",
    ]


def test_a_reader_who_left_is_no_failure():
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", buffering=1)
    printer = Printer(stream)
    thread = start(printer)
    printer.line("into the void")
    printer.line("and again")

    printer.close()
    thread.join(PATIENCE)

    assert not thread.is_alive()
    stream.close()  # what it still held goes nowhere, as at the end of the program


def test_a_kind_of_line_is_allowed_once_a_minute_and_the_others_are_counted():
    seldom, moments = Seldom(), [0, 1, 59.999, 60, 61, 121]

    found = [seldom.allow("a", NOON + timedelta(seconds=second)) for second in moments]

    assert found == [0, None, None, 2, None, 1]


def test_kinds_do_not_hold_each_other_back():
    seldom = Seldom()

    assert [seldom.allow(kind, NOON) for kind in ("a", "b", "a")] == [0, 0, None]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_json_stays_what_it_says_when_it_is_made_printable(text):
    shown = printable_json(msgspec.json.encode(text).decode())

    assert msgspec.json.decode(shown) == text
    assert printable(shown) == shown
