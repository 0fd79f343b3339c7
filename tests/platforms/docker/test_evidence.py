"""What a container said last, readable, bounded, and without its secrets."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.client import Answer, Gone
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.evidence import HEALTH_BYTES, LOG_BYTES, LOG_LINES, gather, plain
from tests.builders import NOON

ENGINE = Engine(id="E", name="dock", version="20.10.24", api="/v1.41")
INSPECT, LOGS = "/v1.41/containers/c0ffee/json", "/v1.41/containers/c0ffee/logs"
BOTH = ("log_tail", "health_log")


class Asked:
    """An engine with an answer for some paths; it keeps what it was asked."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def request(self, method, path, *, timeout):
        self.asked.append(path)
        answer = self.answers["inspect" if path == INSPECT else "logs"]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return Answer(status=status, headers={}, body=body)


def inspected(*environment, tty=False, **state):
    config = {"Tty": tty, "Env": [*environment]}
    return 200, json.dumps({"Config": config, "State": state}).encode()


def framed(*lines, stream=1):
    """Lines as an engine's log has them."""
    encoded = [line.encode() for line in lines]
    return b"".join(bytes([stream, 0, 0, 0]) + len(each).to_bytes(4) + each for each in encoded)


def gathered(engine, *wishes):
    return gather(engine, ENGINE, "c0ffee", wishes=wishes, until=NOON)


def tail(body, *environment, tty=False):
    engine = Asked(inspect=inspected(*environment, tty=tty), logs=(200, body))
    return gathered(engine, "log_tail")["log_tail"]


def test_nobody_is_asked_for_what_nobody_wishes():
    engine = Asked()

    assert gathered(engine) == {}
    assert engine.asked == []


def test_the_log_ends_where_the_run_did():
    engine = Asked(inspect=inspected(), logs=(200, b""))
    until = NOON + timedelta(microseconds=45)  # and a tenth of a second for the last line

    gather(engine, ENGINE, "c0ffee", wishes=["log_tail"], until=until)

    assert engine.asked[-1] == f"{LOGS}?stdout=1&stderr=1&tail=200&until=1935829230.100045"


def test_the_last_lines_of_both_streams_are_shown():
    numbered = [f"line {number}\n" for number in range(LOG_LINES)]

    shown = tail(framed("before\n", *numbered) + framed("fatal: gone\n", stream=2))

    assert shown == "".join(numbered[1:]) + "fatal: gone"


def test_a_terminal_has_one_stream_without_frames():
    assert tail(b"one\r\ntwo\r\n", tty=True) == "one\ntwo"


@pytest.mark.parametrize("cut", [1, 7, 8, 11])
def test_a_log_that_is_cut_off_shows_what_there_is(cut):
    shown = tail(framed("one\n") + framed("two\n")[:cut])

    assert shown.startswith("one")


def test_a_long_log_is_cut_between_lines_and_says_so():
    lines = [f"{number:02} {'x' * 1000}\n" for number in range(LOG_LINES)]

    first, *rest = tail(framed(*lines)).split("\n")

    assert first == "… (12048 bytes before)"  # 12 of 20 lines with 1,004 bytes
    assert rest == [line.strip() for line in lines[12:]]


@given(st.lists(st.text(), max_size=30), st.integers(1, 20_000))
def test_whatever_is_logged_the_tail_stays_small_and_plain(lines, times):
    shown = tail(framed(*lines, "é" * times))

    assert len(shown.encode()) <= LOG_BYTES
    assert shown.count("\n") <= LOG_LINES
    assert all(letter == "\n" or letter >= " " or letter == "\t" for letter in shown)


def test_secrets_of_the_environment_and_by_form_are_masked():
    shown = tail(framed("using hunter22\n", "hunter\x1b[0m22\n", "token=abc\n"), "DB_PASS=hunter22")

    assert shown == "using ***\n***\ntoken=***"


def test_a_probe_tells_its_last_exit_code_and_output():
    log = [{"ExitCode": 0, "Output": "fine"}, {"ExitCode": 1, "Output": "no \x1b[31mhunter22\n"}]
    engine = Asked(inspect=inspected("DB_PASS=hunter22", Health={"Log": log}))

    assert gathered(engine, "health_log") == {"health_log": "exit code 1: no ***"}


def test_the_output_of_a_probe_is_bounded():
    log = [{"ExitCode": 1, "Output": "x" * 4096}]
    engine = Asked(inspect=inspected(Healthcheck={"Log": log}))  # as an older Podman says it

    shown = gathered(engine, "health_log")["health_log"]
    assert shown.startswith("exit code 1: … (2088 bytes before)\nxxx")
    assert len(shown.encode()) <= HEALTH_BYTES


def test_without_a_probe_there_is_no_health_log():
    assert gathered(Asked(inspect=inspected(Health={"Log": []})), "health_log") == {}
    assert gathered(Asked(inspect=inspected()), "health_log") == {}


NONE = (501, b'{"message": "configured logging driver does not support reading"}')


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (NONE, "configured logging driver does not support reading"),
        ((500, b"<html>"), "the answer is 500"),
        ((404, b'{"message": "No such container: c0ffee"}'), "the container is gone"),
        ((403, b"<html>"), "we may not; a socket proxy takes CONTAINERS=1"),
        (Gone("timed out"), "timed out"),
    ],
)
def test_what_cannot_be_read_says_why(answer, why):
    log = [{"ExitCode": 1, "Output": "bad"}]
    engine = Asked(inspect=inspected(Health={"Log": log}), logs=answer)
    silent = Asked(inspect=answer)

    assert gathered(engine, *BOTH) == {
        "log_tail": f"(not readable: {why})",
        "health_log": "exit code 1: bad",
    }
    assert gathered(silent, *BOTH) == dict.fromkeys(BOTH, f"(not readable: {why})")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"Config": null}', b'{"Config":' * 100_000])
def test_nothing_is_shown_of_a_container_whose_secrets_cannot_be_known(body):
    engine = Asked(inspect=(200, body), logs=(200, framed("hunter22")))

    assert gathered(engine, "log_tail") == {
        "log_tail": "(not readable: the engine does not describe the container)"
    }


def test_a_container_with_more_secrets_than_can_be_masked_is_not_shown():
    many = [f"KEY_{number}=hunter{number}" for number in range(2000)]
    log = [{"ExitCode": 1, "Output": "hunter1"}]
    engine = Asked(inspect=inspected(*many, Health={"Log": log}), logs=(200, framed("hunter1")))

    why = "(not readable: its environment holds more secrets than can be masked)"
    assert gathered(engine, *BOTH) == dict.fromkeys(BOTH, why)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON, JSON, st.binary())
def test_no_answer_makes_it_raise(config, state, log):
    described = json.dumps({"Config": config, "State": state}).encode()
    strange = json.dumps({"Config": {"Env": config}, "State": {"Health": {"Log": state}}}).encode()

    for body in (described, strange):
        told = gathered(Asked(inspect=(200, body), logs=(200, log)), *BOTH)
        assert "log_tail" in told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m \x1b[38;5;196mX\x1b[K", "red X"),
        ("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link\x1b(B", "textlink"),
        ("\x1b]0;not closed\nnext", "\nnext"),
        ("10 %\r20 %\r\ndone\tand\x00 done\x7f\x08\x9b", "10 %\n20 %\ndone\tand done"),
        ("\x1b", ""),
        ("a\u202egnp.exe\u2066b", "agnp.exeb"),
        ("half \ud800 a pair", "half ? a pair"),
        ("naïve ✓ 日本", "naïve ✓ 日本"),
    ],
)
def test_control_characters_and_sequences_go(text, shown):
    assert plain(text) == shown
