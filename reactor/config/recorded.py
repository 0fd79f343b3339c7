"""The rules that decided something long ago, read back from what the journal keeps of their file.

Variables are filled in there, so nothing is to be resolved; secrets are not in it, so of a rule no
more comes back than what it asks of events: whether they match, and which of its actions may fire.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from reactor.config.actions import DEFAULT_WHEN
from reactor.config.conditions import parse_condition
from reactor.config.course import matched_by
from reactor.config.effective import rules_in
from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table
from reactor.config.values import as_choices, as_duration, as_flag, as_text, as_texts, value_of
from reactor.engine.selector import parse_path
from reactor.model.condition import Condition
from reactor.model.errors import ReactorError
from reactor.model.gates import Phase
from reactor.model.problem import Place
from reactor.model.rule import ActionSpec, Rule

_NOWHERE = Place("", 0, 0)


def recorded_rules(text: str, actions: Collection[str]) -> tuple[Rule, ...]:
    """The rules of an effective text, without their gates, and without what their actions do.
    `actions` are the types of actions that there are.

    Raises ReactorError when this version does not understand a condition of them.
    """
    return tuple(_rule(name, written, actions) for name, written in rules_in(text).items())


def recorded_rule(text: str, name: str, actions: Collection[str]) -> Rule | None:
    """The one that is called so, if there was one. Raises as `recorded_rules`."""
    written = rules_in(text).get(name)
    return None if written is None else _rule(name, written, actions)


def _rule(name: str, written: Mapping[str, object], actions: Collection[str]) -> Rule:
    problems = Problems()
    rule = Table(place=_NOWHERE, entries=_entries(written))
    match, unless, key = matched_by(rule), value_of(rule, "unless"), value_of(rule, "group_by")
    paths = as_texts("group_by", key, problems) if key else ()
    group_by = tuple(parse_path(text) for text, _ in paths)
    read = partial(parse_condition, problems=problems, group_by=tuple(text for text, _ in paths))
    condition = read(match) if match else None
    exception = read(unless, missing_is_false=True) if unless else None
    source, absent = value_of(rule, "source"), value_of(rule, "absent")
    sources = as_texts("source", source, problems) if source else None
    within = value_of(absent, "within") if isinstance(absent, Table) else None
    acting = _actions(rule, actions, read, problems)
    if condition is None or problems.found:
        found = problems.found[0].message if problems.found else "it has no 'match'"
        raise ReactorError(f"this version cannot read the rule '{name}' of that time: {found}")
    return Rule(
        name=name,
        place=_NOWHERE,
        match=condition,
        unless=exception,
        group_by=group_by,
        sources=None if sources is None else tuple(text for text, _ in sources),
        absent=as_duration("within", within, problems) if within else None,
        enabled=_flag("enabled", rule, problems, default=True),
        shadow=_flag("shadow", rule, problems, default=False),
        actions=acting,
    )


_Read = Callable[[Node], Condition | None]


def _actions(
    rule: Table, types: Collection[str], read: _Read, problems: Problems
) -> tuple[ActionSpec, ...]:
    node = value_of(rule, "actions")
    items = node.items if isinstance(node, Items) else ()
    return tuple(_action(item, types, read, problems) for item in items if isinstance(item, Table))


def _action(item: Table, types: Collection[str], read: _Read, problems: Problems) -> ActionSpec:
    type_ = next((key for key in item.entries if key in types), "")
    name, condition, when = (value_of(item, key) for key in ("name", "if", "when"))
    phases = as_choices("when", when, tuple(Phase), problems) if when else ()
    return ActionSpec(
        name=(name and as_text("name", name, problems)) or type_,
        type=type_,
        value=None,
        destination=None,
        parameters={},
        enabled=_flag("enabled", item, problems, default=True),
        shadow=_flag("shadow", item, problems, default=False),
        condition=read(condition) if condition else None,
        when=tuple(map(Phase, phases)) or DEFAULT_WHEN,
    )


def _flag(key: str, table: Table, problems: Problems, *, default: bool) -> bool:
    return as_flag(key, value_of(table, key), problems, default=default)


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
