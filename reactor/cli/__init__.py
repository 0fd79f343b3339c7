"""The table of commands, and what every command does with an error."""

import io
import os
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reactor import __version__
from reactor.cli.output import talk
from reactor.config.node import did_you_mean
from reactor.model.errors import ReactorError, RulesInvalid, SourceLost, SourceRefused

COMMANDS = {
    "init": "reactor.cli.init",
    "run": "reactor.cli.run",
    "check": "reactor.cli.check",
    "test": "reactor.cli.test",
    "fire": "reactor.cli.fire",
    "explain": "reactor.cli.explain",
    "events": "reactor.cli.events",
    "evaluations": "reactor.cli.evaluations",
    "deliveries": "reactor.cli.deliveries",
    "silence": "reactor.cli.silence",
    "quarantine": "reactor.cli.quarantine",
    "replay": "reactor.cli.replay",
    "backtest": "reactor.cli.backtest",
    "schema": "reactor.cli.schema",
    "status": "reactor.cli.status",
    "stats": "reactor.cli.stats",
    "doctor": "reactor.cli.doctor.command",
    "backup": "reactor.cli.backup",
    "demo": "reactor.cli.demo.command",
    "hub": "reactor.cli.hub",
}
"""Each command's module, which has a function or an app of the command's name. Only the one that
is asked for is imported: completion and short commands would else wait for the whole service."""

FAILED, RULES_INVALID, UNREACHABLE = 1, 3, 5
"""Exit codes beside 0, 2 for usage, and `test`'s own 4 (rules.md §6)."""


class Table(TyperGroup):
    """The group of all commands."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the group's own signature
        """In the order in which people need them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            near = did_you_mean(cmd_name, COMMANDS) or "see `reactor --help`"
            ctx.fail(f"there is no command '{cmd_name}'; {near}")
        found = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, rich_markup_mode=None)
            single.command(cmd_name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = cmd_name
        _put_example_first(command)
        return command


def _put_example_first(command: Any) -> None:
    """In its help and those of its subcommands: what people look there for is an example."""
    about, _, example = (command.help or "").partition("Example:")
    command.short_help = about.partition("\n\n")[0]
    command.help = f"Example:{example}\n\n{about}"
    for each in getattr(command, "commands", {}).values():
        _put_example_first(each)


app = typer.Typer(
    name="reactor",
    cls=Table,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:  # noqa: FBT001 -- typer's callback has this shape
    if asked:
        typer.echo(f"reactor {__version__}")
        raise typer.Exit


@app.callback()
def reactor(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say which one."),
    ] = False,
) -> None:
    """Example:  reactor init && reactor check && reactor run

    YAML rules over container event streams, with durable deliveries.
    """


def main() -> None:
    """Run a command; errors of ours become a sentence and an exit code, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal cannot write is no reason to die
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="reactor")
    except RulesInvalid as fault:
        for problem in fault.problems:
            talk(str(problem))
        sys.exit(RULES_INVALID)
    except (SourceRefused, SourceLost) as fault:
        talk(f"reactor: {fault}")
        sys.exit(UNREACHABLE)
    except ReactorError as fault:
        talk(f"reactor: {fault}")
        sys.exit(FAILED)
    except BrokenPipeError:
        # The reader of our output left (`| head`): not our failure, and nothing more to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
