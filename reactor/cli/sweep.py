"""Changes of all deliveries that a choice means: how many these are, whether to, how far it is."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import typer

from reactor.changes import CANCEL, SLICE, change_chosen
from reactor.cli.output import data, talk
from reactor.journal.database import Connection, open_reader
from reactor.journal.deliveries import choose
from reactor.model.journal import Selection

_TOLD = 20
"""Lines of what is meant; more than that nobody reads before saying yes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """`dry_run`: only tell what would be done. `yes`: who asks has made up their mind."""

    dry_run: bool
    yes: bool


def sweep(data_dir: Path, do: str, selection: Selection, consent: Consent) -> None:
    """Do it to all of the selection, each at most once, after telling how many of what these are.

    Raises typer.Abort when they are not meant, BadParameter when nobody is there to be asked,
    JournalUnavailable.
    """
    verb, done = ("cancel", "cancelled") if do == CANCEL else ("redeliver", "redelivered")
    kinds = _kinds(data_dir, selection)
    total = kinds.total()
    if not total:
        data(f"nothing to {verb}")
    elif consent.dry_run:
        _tell(kinds, data)
        data(f"{_many(total)} would be {done}")
    else:
        if not consent.yes:
            _tell(kinds, talk)
            _ask(f"{verb.capitalize()} {_many(total)}?")
        changed = change_chosen(data_dir, do, selection, _progress(total, done))
        data(f"{_many(changed)} {done}{_rest(total - changed)}")


def _kinds(data_dir: Path, selection: Selection) -> Counter[str]:
    """How many there are of each rule, action and destination."""
    with closing(open_reader(data_dir)) as reader:
        return Counter(_walk(reader, selection))


def _walk(reader: Connection, selection: Selection) -> Iterator[str]:
    last = 0
    while chosen := choose(reader, selection, after=last, most=SLICE):
        for each in chosen:
            to = f" to {each.destination}" if each.destination else ""
            yield f"{each.rule} → {each.action}{to}"
        last = chosen[-1].number


def _tell(kinds: Counter[str], say: Callable[[str], None]) -> None:
    for kind, count in kinds.most_common(_TOLD):
        say(f"{count:>12,}  {kind}")
    if len(kinds) > _TOLD:
        say(f"{'…':>12}  and {len(kinds) - _TOLD} kinds more")


def _many(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number:,} deliveries"


def _rest(number: int) -> str:
    """What came to another state before it was its turn; others may have done the same."""
    return f", {number:,} had changed meanwhile" if number > 0 else ""


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is here to be asked whether these are meant: give --yes")
    typer.confirm(question, abort=True, err=True)


def _progress(total: int, done: str) -> Callable[[int], None]:
    """Says how far it is, at each tenth of a change that takes more than one slice."""
    told = 0

    def progress(changed: int) -> None:
        nonlocal told
        tenth = 10 * changed // total
        if told < tenth and total > SLICE:
            told = tenth
            talk(f"{changed:,} of {total:,} {done}")

    return progress
