"""The table of commands: each is there, says what it does, and fails with a sentence."""

import json
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from reactor import __version__
from reactor.cli import COMMANDS, app
from tests.cli.program import ROOT, Program


def all_words(command=None, words=()):
    """The words of every command and subcommand, those of `reactor` itself being none."""
    command = command or get_command(app)
    yield words
    if hasattr(command, "list_commands"):
        for name in command.list_commands(None):
            yield from all_words(command.get_command(None, name), (*words, name))


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


@pytest.mark.parametrize("words", [*all_words()], ids=" ".join)
def test_every_help_begins_with_an_example(words):
    # Not in a process of its own like the others: there are many.
    out = CliRunner().invoke(app, [*words, "--help"], prog_name="reactor").output.splitlines()

    assert out[0].startswith(" ".join(["Usage: reactor", *words]))
    assert out[2].startswith(" ".join(["  Example:  reactor", *words]))


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        ("reactor re", ["replay"]),
        ("reactor run --d", ["--data-dir", "--dry-run"]),
        ("reactor deliveries re", ["redeliver"]),
        ("reactor deliveries --state d", ["dead"]),
    ],
)
def test_a_shell_that_completes_is_told_the_words(tmp_path, words, proposed):
    asked = {
        "_REACTOR_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    with Program(tmp_path, environment=asked) as program:
        assert (program.ended(), program.out.all()) == (0, proposed)


def test_completion_can_be_had_for_a_shell(tmp_path):
    # By --show-completion it is that of the shell around us, which the tests do not choose.
    with Program(tmp_path, environment={"_REACTOR_COMPLETE": "source_bash"}) as program:
        assert program.ended() == 0
        assert "complete -o default -F _reactor_completion reactor" in program.out.all()


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
