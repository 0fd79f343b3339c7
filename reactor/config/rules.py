"""One rule: what it matches, its gates and its actions (rules.md §2, §3)."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from reactor.config import later
from reactor.config.actions import Context, parse_action
from reactor.config.conditions import parse_condition
from reactor.config.node import (
    Items,
    Node,
    Problems,
    Scalar,
    Table,
    did_you_mean,
    kind_of,
    plain,
)
from reactor.config.tests import parse_tests
from reactor.config.values import as_flag, as_name, as_rate, as_texts, check_keys, value_of
from reactor.duration import format_duration
from reactor.engine.normalize import canonical
from reactor.engine.selector import PathInvalid, parse_path
from reactor.model.condition import Condition, Path
from reactor.model.rule import ActionSpec, Rate, Rule

KEYS = (
    *("name", "match", "unless", "source", "group_by", "throttle"),
    *("enabled", "shadow", "ordered", "actions", "tests"),
)
"""Every key of a rule."""

FILLED_IN = ("type", "action", "state")
"""What a test's `send` takes from `match` (rules.md §5)."""


def parse_rule(node: Node, context: Context) -> Rule | None:
    """The rule, or None after what makes it no rule was noted."""
    problems = context.problems
    if not isinstance(node, Table):
        problems.note(node.place, f"a rule is {kind_of(node)}, expected a mapping")
        return None
    check_keys(node, KEYS, problems, later=later.RULE)
    _note_missing(node, problems)
    name, throttle = value_of(node, "name"), value_of(node, "throttle")
    text = (name and as_name("name", name, problems)) or ""
    match, unless = _conditions(node, problems)
    rate = as_rate("throttle", throttle, problems) if throttle else None
    sources, actions = _sources(node, context), _actions(node, context, text)
    _warn_of_calls(node, sources, context)
    _warn_of_order(node, problems)
    rule = partial(
        Rule,
        name=text,
        place=node.place,
        unless=unless,
        sources=sources,
        group_by=_group_by(node, problems),
        throttle=rate,
        throttle_mark=throttle_mark(node, rate),
        enabled=as_flag("enabled", value_of(node, "enabled"), problems, default=True),
        shadow=as_flag("shadow", value_of(node, "shadow"), problems, default=False),
        actions=actions,
        tests=parse_tests(value_of(node, "tests"), _names(node, actions), problems),
        defaults=_defaults(value_of(node, "match")),
    )
    return rule(match=match) if match else None


def _note_missing(table: Table, problems: Problems) -> None:
    for key in ("name", "match", "actions"):
        if key not in table.entries and not (key == "match" and "absent" in table.entries):
            problems.note(table.place, f"a rule needs '{key}'")


def _conditions(table: Table, problems: Problems) -> tuple[Condition | None, Condition | None]:
    """`match` and `unless`."""
    match, unless = value_of(table, "match"), value_of(table, "unless")
    return (
        parse_condition(match, problems) if match else None,
        parse_condition(unless, problems, missing_is_false=True) if unless else None,
    )


def throttle_mark(rule: Table, throttle: Rate | None) -> str:
    """A digest of all that a throttle's memory hangs on: while it is the same, a reload keeps the
    memory (rules.md §3, Reload). `{count: 1, per: 60s}` and `1 per 1m` are the same."""
    given = [value_of(rule, key) for key in ("match", "unless", "group_by")]
    meant: list[object] = [plain(node) if node else None for node in given]
    if isinstance(meant[2], str):
        meant[2] = [meant[2]]
    meant.append([throttle.count, format_duration(throttle.per)] if throttle else None)
    return hashlib.sha256(canonical(meant).encode()).hexdigest()[:16]


def _actions(table: Table, context: Context, rule: str) -> tuple[ActionSpec, ...]:
    node = value_of(table, "actions")
    if node is None:
        return ()
    if not isinstance(node, Items) or not node.items:
        found = "an empty list" if isinstance(node, Items) else kind_of(node)
        context.problems.note(node.place, f"'actions' is {found}, expected at least one action")
        return ()
    parsed = [(item, parse_action(item, context, rule)) for item in node.items]
    found_names: Counter[str] = Counter()
    for item, action in parsed:
        if action is not None:
            found_names[action.name] += 1
            if found_names[action.name] > 1:
                _note_same_name(item, action.name, context.problems)
    ordered = as_flag("ordered", value_of(table, "ordered"), context.problems, default=True)
    return tuple(
        replace(
            action,
            throttle_mark=throttle_mark(table, action.throttle),
            ordered=ordered and action.ordered,
        )
        for _, action in parsed
        if action is not None
    )


def _note_same_name(node: Node, name: str, problems: Problems) -> None:
    message = f"two actions of this rule are called '{name}'"
    problems.note(node.place, message, "give one of them a 'name'")


def _names(table: Table, actions: Sequence[ActionSpec]) -> frozenset[str] | None:
    """The names of the actions, or None when one could not be read."""
    node = value_of(table, "actions")
    is_whole = isinstance(node, Items) and len(node.items) == len(actions)
    return frozenset(action.name for action in actions) if is_whole else None


def _sources(table: Table, context: Context) -> tuple[str, ...] | None:
    node = value_of(table, "source")
    if node is None:
        return None
    names = as_texts("source", node, context.problems)
    for name, each in names if context.sources is not None else ():
        if name not in (context.sources or ()):
            message = f"'source' names '{name}', which does not exist"
            hint = did_you_mean(name, context.sources or ())
            context.problems.note(each.place, message, hint)
    return tuple(name for name, _ in names)


def _warn_of_calls(table: Table, sources: Sequence[str] | None, context: Context) -> None:
    """A call back goes to the API of the source that the event came from, if it has one."""
    known, node = context.sources, value_of(table, "actions")
    if known is None or any(known.get(name) for name in (known if sources is None else sources)):
        return
    for item in node.items if isinstance(node, Items) else ():
        for key, entry in item.entries.items() if isinstance(item, Table) else ():
            if key in context.actions and context.actions[key].calls_back:
                message = f"no source of this rule takes calls back: '{key}' will come to nothing"
                context.problems.warn(entry.key_place, message)


def _warn_of_order(table: Table, problems: Problems) -> None:
    """Order is kept within a key, so it takes a `group_by` to have one."""
    node = value_of(table, "actions")
    items = node.items if isinstance(node, Items) else ()
    for each in () if "group_by" in table.entries else (table, *items):
        if isinstance(each, Table) and "ordered" in each.entries:
            place = each.entries["ordered"].key_place
            message = "'ordered' means nothing in a rule without 'group_by'"
            problems.warn(place, message)


def _group_by(table: Table, problems: Problems) -> tuple[Path, ...]:
    node = value_of(table, "group_by")
    paths = []
    for text, each in as_texts("group_by", node, problems) if node else ():
        try:
            paths.append(parse_path(text))
        except PathInvalid as invalid:
            problems.note(each.place, f"'group_by' is no path: {invalid}")
    return tuple(paths)


def _defaults(match: Node | None) -> dict[str, object]:
    """The single plain values of `match` for type, action and state."""
    entries = match.entries if isinstance(match, Table) else {}
    given = {key: _alone(entries[key].value) for key in FILLED_IN if key in entries}
    return {key: node.value for key, node in given.items() if isinstance(node, Scalar)}


def _alone(node: Node) -> Node:
    """The one item of a list, as EventBridge writes a single value; else the node itself."""
    return node.items[0] if isinstance(node, Items) and len(node.items) == 1 else node
