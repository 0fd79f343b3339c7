"""The shell of simulated containers."""

import pytest

from reactor.hub.fleet import Output
from reactor.hub.shell import Shell


def said(text):
    return Output(text=text, stream="stdout")


def complained(text):
    return Output(text=text, stream="stderr")


@pytest.mark.parametrize(
    ("command", "outputs"),
    [
        (["echo", "hello", "world"], [said("hello world\n")]),
        (["echo"], [said("\n")]),
        (["ls", "-l"], [complained("sh: ls: not found\n")]),
    ],
)
def test_a_command_says_its_word_and_has_ended(command, outputs):
    shell = Shell(command)

    assert shell.read() == outputs
    assert shell.read() == []


@pytest.mark.parametrize("program", ["sh", "bash", "/bin/sh", "/bin/bash"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_shell_runs_what_is_typed(program, end):
    shell = Shell([program])

    shell.write(f"echo one{end}ech".encode())
    shell.write(f'o "two  three"{end}'.encode())

    assert shell.read() == [said("one\n"), said("two  three\n")]


@pytest.mark.parametrize("end", [b"exit\n", b"\x04", b"exit 3\necho late\n"])
def test_a_shell_ends_when_it_is_told_to(end):
    shell = Shell(["sh"])

    shell.write(b"echo bye\n" + end)

    assert shell.read() == [said("bye\n")]
    assert shell.read() == []


def test_the_last_line_needs_no_end():
    shell = Shell(["sh"])

    shell.write(b"echo piped\x04")

    assert shell.read() == [said("piped\n")]


@pytest.mark.parametrize("typed", [b"echo 'open\n", b"\xff\xfe\n", b"\x00\n", b"x" * 100_000])
def test_nonsense_is_no_fault(typed):
    shell = Shell(["sh"])

    shell.write(typed)
    shell.write(b"\necho here\n")

    assert shell.read()[-1] == said("here\n")


def test_a_closed_shell_says_nothing():
    shell = Shell(["sh"])

    shell.close()
    shell.write(b"echo hello\n")

    assert shell.read() == []
