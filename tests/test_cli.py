"""The table of commands: each is there, says what it does, and fails with a sentence."""

import json
import subprocess
import sys

import pytest

from reactor import __version__
from reactor.cli import COMMANDS
from tests.cli.program import ROOT, Program


@pytest.fixture
def said(tmp_path):
    """`said("check", "x.yaml")`: the exit code, the data and the talk of a command."""

    def run(*words):
        with Program(tmp_path, *words) as program:
            return program.ended(), program.out.all(), program.err.all()

    return run


def test_the_version_is_told(said):
    assert said("--version") == (0, [f"reactor {__version__}"], [])


def test_the_help_has_a_whole_line_for_every_command_in_the_order_of_need(said):
    _, out, _ = said("--help")

    table = out[out.index("Commands:") + 1 :]
    assert [line.split()[0] for line in table] == list(COMMANDS)
    assert not [line for line in table if line.endswith("...")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_commands_help_has_an_example(said, command):
    code, out, _ = said(command, "--help")

    assert code == 0
    assert out[0].startswith(f"Usage: reactor {command} ")
    assert any(line.startswith(f"  Example:  reactor {command}") for line in out)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("evalutions",), 2, "there is no command 'evalutions'; did you mean 'evaluations'?"),
        (("sing",), 2, "there is no command 'sing'; see `reactor --help`"),
        (("run", "none.yaml"), 3, "none.yaml:1:1: the file cannot be read: No such file"),
        (("deliveries",), 1, "reactor: there is no journal in "),
    ],
)
def test_a_failure_is_a_sentence_and_an_exit_code(said, words, code, sentence):
    found, out, err = said(*words)

    assert (found, out) == (code, [])
    assert sentence in err[-1]
    assert "Traceback" not in " ".join(err)


def test_a_reader_that_leaves_early_is_not_our_failure_to_explain(tmp_path):
    (tmp_path / "frames.jsonl").write_text('{"state": "Stopped"}\n' * 5000)
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]\n"
    )
    words = [sys.executable, "-m", "reactor", "replay", "frames.jsonl", "--json"]
    with subprocess.Popen(
        words,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert json.loads(program.stdout.readline())["kind"] == "evaluation"
        program.stdout.close()

        assert program.wait(30) == 1
        assert program.stderr.read() == ""
