"""`reactor init`: looks around, and writes a first rule file for what is here."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.first import SAMPLE, first_file
from reactor.cli.found import Found, look_around
from reactor.cli.output import data, talk
from reactor.cli.places import DEFAULT_FILES
from reactor.model.errors import ReactorError

NAME = "reactor"

CRASH = "docker run --rm busybox sh -c 'exit 7'"
SAMPLE_CRASH = (
    'echo \'{"type": "container", "state": "Stopped", '
    f'"container": {{"name": "web-1", "exit_code": 7}}}}\' >> {SAMPLE}'
)


def init(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = DEFAULT_FILES[0],
    *,
    show: Annotated[bool, typer.Option("--print", help="Print it and write nothing.")] = False,
) -> None:
    """Look around on this machine and write a first rule file.

    Looks for a Docker Engine, for DOCKERCLOUD_… and TUTUM_… and for SLACK_WEBHOOK_URL. The rules
    fit what is found and carry tests. A secret is never written, and no file is written over.

    Example:  reactor init && reactor check && reactor test
    """
    if not show:
        _refuse_existing(file)
    found = look_around(os.environ)
    for line in found.told:
        talk(f"found: {line}")
    text = first_file(found)
    if show:
        for line in text.splitlines():
            data(line)
        return
    _write(file, text)
    for line in _next_steps(called_by(sys.argv[0], os.environ.get("PATH")), file, found):
        talk(line)


def _refuse_existing(file: Path) -> None:
    if os.path.lexists(file):
        raise ReactorError(
            f"{file} is there already and stays as it is; name another file, or see with --print "
            "what would be written"
        )


def _write(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        _refuse_existing(file)
    except OSError as fault:
        raise ReactorError(f"{file} cannot be written: {fault.strerror}") from fault


def called_by(program: str, path: str | None) -> str:
    """How to call us again: by our name if a shell finds us in `path`, else as `program`, the first
    word that we were called by."""
    is_found = shutil.which(NAME, path=path) or Path(program).name != NAME
    return NAME if is_found else shlex.quote(program)


def _next_steps(program: str, file: Path, found: Found) -> Iterator[str]:
    """What to type now, and how to make something crash."""
    is_default = file == DEFAULT_FILES[0]
    named = "" if is_default else f" {shlex.quote(str(file))}"
    yield f"wrote {file}. Now:"
    yield f"  {program} check{named} && {program} test{named}"
    if not found.sources:
        yield f"  {SAMPLE_CRASH}"
    yield f"  {program} run{named}"
    if "docker" in found.sources:
        yield "and when it runs, in another terminal:"
        yield f"  {CRASH}"
    if is_default and DEFAULT_FILES[1].exists():
        yield f"{DEFAULT_FILES[1]} is here too: commands without a file take {file} from now on"
