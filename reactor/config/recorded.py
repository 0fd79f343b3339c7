"""The rules that decided something long ago, read back from what the journal keeps of their file.

Variables are filled in there, so nothing is to be resolved; secrets are not in it, so of a rule no
more comes back than whether an event matches it.
"""

from collections.abc import Mapping

from reactor.config.conditions import parse_condition
from reactor.config.effective import rules_in
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.config.values import as_flag, as_texts, value_of
from reactor.model.errors import ReactorError
from reactor.model.problem import Place
from reactor.model.rule import Rule

_NOWHERE = Place("", 0, 0)


def recorded_rules(text: str) -> tuple[Rule, ...]:
    """The rules of an effective text, without their gates and actions.

    Raises ReactorError when this version does not understand a condition of them.
    """
    return tuple(_rule(name, written) for name, written in rules_in(text).items())


def _rule(name: str, written: Mapping[str, object]) -> Rule:
    problems = Problems()
    rule = Table(place=_NOWHERE, entries=_entries(written))
    match, unless, source = (value_of(rule, key) for key in ("match", "unless", "source"))
    condition = parse_condition(match, problems) if match else None
    exception = parse_condition(unless, problems, missing_is_false=True) if unless else None
    sources = as_texts("source", source, problems) if source else None
    if condition is None or problems.found:
        found = problems.found[0].message if problems.found else "it has no 'match'"
        raise ReactorError(f"this version cannot read the rule '{name}' of that time: {found}")
    return Rule(
        name=name,
        place=_NOWHERE,
        match=condition,
        unless=exception,
        sources=None if sources is None else tuple(text for text, _ in sources),
        enabled=as_flag("enabled", value_of(rule, "enabled"), problems, default=True),
    )


def _entries(written: Mapping[str, object]) -> dict[str, Entry]:
    return {key: Entry(key_place=_NOWHERE, value=_node(each)) for key, each in written.items()}


def _node(written: object) -> Node:
    """Plain data as nodes."""
    if isinstance(written, Mapping):
        return Table(place=_NOWHERE, entries=_entries(written))
    if isinstance(written, list):
        return Items(place=_NOWHERE, items=tuple(map(_node, written)))
    if written is None or isinstance(written, str | int | float):
        return Scalar(place=_NOWHERE, value=written)
    raise TypeError(f"{type(written).__name__} is nothing that YAML writes")
