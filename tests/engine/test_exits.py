"""Exit codes and signals in words."""

import pytest

from reactor.engine.exits import exit_reason, is_exit_code, signal_words
from reactor.model.cause import Cause, Judgement

ROWS = [
    # exit code, cause, planned, in words
    (137, Cause.KILLED, False, "137 = SIGKILL, and no stop was requested"),
    (137, Cause.OOM, False, "137 = SIGKILL, out of memory"),
    (137, Cause.PLANNED_STOP, True, "137 = SIGKILL, as requested"),
    (137, Cause.KILLED, True, "137 = SIGKILL, as requested"),
    (137, Cause.HOST_DOWN, False, "137 = SIGKILL, as its engine went away"),
    (137, Cause.UNKNOWN, None, "137 = SIGKILL"),
    (143, Cause.DEPLOY, True, "143 = SIGTERM, as requested"),
    (143, Cause.CRASH, False, "143 = SIGTERM, and no stop was requested"),
    (139, Cause.CRASH, False, "139 = SIGSEGV"),
    (134, Cause.CRASH, False, "134 = SIGABRT"),
    (159, Cause.CRASH, False, "159 = SIGSYS"),
    (160, Cause.CRASH, False, "160: ended by itself"),  # beyond the signals with names
    (128, Cause.CRASH, False, "128: ended by itself"),  # 128 + 0 is no signal
    (0, Cause.COMPLETED, True, "0: ended by itself"),
    (0, Cause.PLANNED_STOP, True, "0, as requested"),
    (1, Cause.CRASH, False, "1: ended by itself"),
    (1, Cause.OOM, False, "1, out of memory"),
    (1, Cause.UNKNOWN, None, "1"),
    (125, Cause.CRASH, False, "125: the engine could not start it"),
    (126, Cause.CRASH, False, "126: the command cannot be executed"),
    (127, Cause.CRASH, False, "127: the command was not found"),
    (127, Cause.UNKNOWN, None, "127: the command was not found"),
]


@pytest.mark.parametrize(("code", "cause", "planned", "words"), ROWS)
def test_a_code_is_told_in_words(code: int, cause: Cause, planned: bool | None, words: str) -> None:
    assert exit_reason(code, Judgement(cause=cause, planned=planned)) == words


@pytest.mark.parametrize(
    ("code", "own", "words"),
    [
        (137, Cause.OOM, "137 = SIGKILL, out of memory"),
        (137, Cause.KILLED, "137 = SIGKILL, and no stop was requested"),
        (1, Cause.CRASH, "1: ended by itself"),
    ],
)
def test_in_a_crash_loop_the_code_is_told_by_the_own_cause_of_the_run(
    code: int, own: Cause, words: str
) -> None:
    loop = Judgement(cause=Cause.CRASH_LOOP, planned=False, own=own)

    assert exit_reason(code, loop) == words


def test_signals_have_their_names_on_linux() -> None:
    assert signal_words(15) == "signal 15 (SIGTERM)"
    assert signal_words(31) == "signal 31 (SIGSYS)"
    assert signal_words(37) == "signal 37"  # SIGRTMIN+3 halts systemd


@pytest.mark.parametrize(
    ("code", "answer"), [(0, True), (255, True), (256, False), (-1, False), (None, False)]
)
def test_a_process_ends_with_a_byte(code: int | None, answer: bool) -> None:
    assert is_exit_code(code) is answer
