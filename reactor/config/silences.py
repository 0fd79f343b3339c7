"""The condition of a silence, as a test has it and as the command line does (rules.md §5, §6)."""

import re
from collections.abc import Iterator

from reactor.config.conditions import parse_condition
from reactor.config.load import read_text
from reactor.config.node import Entry, Node, Problems, Scalar, Table
from reactor.config.scalars import NumberTooLarge, scalar_value
from reactor.engine.condition import trackers
from reactor.model.condition import Condition
from reactor.model.errors import ReactorError
from reactor.model.problem import Place

_PLACE = Place("silence", 1, 1)
_FORMS = "'service.name=web,state=Stopped' or '{service.name: web, state: [Stopped]}'"
# A field, in which names with dots or commas are quoted, and a value, which may be quoted.
_PAIR = re.compile(r'\s*((?:[^"=,]|"[^"]*")+?)\s*=\s*(?:"([^"]*)"|([^",]*?))\s*(?:,|$)')


def silenced_by(node: Node, problems: Problems) -> Condition | None:
    """The condition that `node` writes, or None after noting what is wrong with it. It cannot ask
    what a field was before, for that is kept for rules."""
    condition = parse_condition(node, problems)
    if condition and any(True for _ in trackers(condition)):
        problems.note(node.place, "a silence cannot ask 'from' and 'to'")
        return None
    return condition


def parse_silence(text: str) -> Condition:
    """The condition of `silence add`: `field=value`, several of which are joined by commas, or a
    condition as in `match`, written as a YAML mapping in braces.

    A value means what it means in YAML: `n=137` is a number and `n="137"` a text. Raises
    ReactorError, which says what is wrong.
    """
    problems = Problems()
    is_yaml = text.lstrip().startswith("{")
    node = read_text("silence", text, problems) if is_yaml else _pairs(text)
    condition = silenced_by(node, problems) if node else None
    if condition is None or problems.found:
        found = "; ".join(_told(problem.message, problem.hint) for problem in problems.found)
        raise ReactorError(f"the silence '{text}' has no condition: {found}")
    return condition


def _told(message: str, hint: str | None) -> str:
    return f"{message} ({hint})" if hint else message


def _pairs(text: str) -> Table:
    """`field=value,field=value` as the mapping that means the same."""
    entries: dict[str, Entry] = {}
    for field, value in _split(text):
        if field in entries:
            raise ReactorError(f"the silence '{text}' has '{field}' twice, expected it once")
        scalar = Scalar(place=_PLACE, value=value)
        entries[field] = Entry(key_place=_PLACE, value=scalar)
    return Table(place=_PLACE, entries=entries)


def _split(text: str) -> Iterator[tuple[str, str | int | float | bool | None]]:
    at = 0
    while at < len(text):
        found = _PAIR.match(text, at)
        if found is None:
            raise ReactorError(f"'{text}' is no condition of a silence, expected {_FORMS}")
        field, quoted, bare = found.groups()
        yield field, quoted if bare is None else _value(bare)
        at = found.end()


def _value(bare: str) -> str | int | float | bool | None:
    """What the text means in YAML; empty, it is the empty text."""
    try:
        return scalar_value(bare) if bare else ""
    except NumberTooLarge:
        return bare
