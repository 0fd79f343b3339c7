"""A notice: one line for people, or one JSON object; nothing in it can forge another."""

import json
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.observe.log import Printer
from reactor.observe.notices import make_log

STAMP = "2031-05-06T10:20:30.000000Z"


def written(say, *, as_json):
    """The lines that came of what was said to a log."""
    stream = StringIO()
    printer = Printer(stream)
    say(make_log(printer, lambda: STAMP, as_json=as_json))
    printer.close()
    printer.run()
    return stream.getvalue().removesuffix("\n").split("\n")


def test_as_json_it_is_one_object_with_kind_time_level_and_text():
    (line,) = written(lambda log: log.warning("lost", source="lines"), as_json=True)

    assert json.loads(line) == {
        "kind": "notice",
        "at": STAMP,
        "level": "warning",
        "text": "lost",
        "source": "lines",
    }


@pytest.mark.parametrize(
    ("say", "line"),
    [
        (lambda log: log.info("running"), "running"),
        (lambda log: log.debug("looking"), "looking"),
        (lambda log: log.warning("lost"), "warning: lost"),
        (lambda log: log.error("gone"), "error: gone"),
        (lambda log: log.info("a rule says so", kind="log"), "info: a rule says so"),
        (lambda log: log.info("100 % of %s"), "100 % of %s"),
    ],
)
def test_for_people_it_is_a_line(say, line):
    assert written(say, as_json=False) == [f"{STAMP}  {line}"]


HOSTILE = 'a\nb\x1b[31m\x7f\x9b\u202e"\\ \ud800'


def test_control_characters_are_escaped_in_both_forms():
    (text,) = written(lambda log: log.info(HOSTILE), as_json=False)
    (line,) = written(lambda log: log.info(HOSTILE), as_json=True)

    assert text == f'{STAMP}  a\\nb\\x1b[31m\\x7f\\x9b\\u202e"\\ \\ud800'
    assert not set(line) & {"\x1b", "\x7f", "\x9b", "\u202e"}
    assert json.loads(line)["text"] == HOSTILE[:-1] + "\\ud800"


@given(st.text())
def test_whatever_is_said_is_one_line_of_json_that_says_the_same(text):
    (line,) = written(lambda log: log.info(text), as_json=True)

    assert json.loads(line)["text"] == text
