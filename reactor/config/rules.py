"""One rule: what it matches, its gates and its actions (rules.md §2, §3)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from reactor.config import course, gates
from reactor.config.actions import Context, Owner, parse_action
from reactor.config.conditions import parse_condition
from reactor.config.course import Course, matched_by, own_parameters, parse_course
from reactor.config.gates import grounds_of, parse_gates
from reactor.config.node import Items, Node, Problems, Scalar, Table, did_you_mean, kind_of
from reactor.config.tests import parse_tests
from reactor.config.values import as_flag, as_name, as_texts, check_keys, value_of
from reactor.engine.selector import PathInvalid, parse_path
from reactor.model.condition import Path
from reactor.model.gates import Gates
from reactor.model.rule import ActionSpec, Rule

KEYS = (
    *("name", "match", "unless", "source", "group_by", *course.KEYS, *gates.KEYS),
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
    check_keys(node, KEYS, problems)
    _note_missing(node, problems)
    group_by, unless = _group_by(node, problems), value_of(node, "unless")
    owner = _owner(node, group_by, problems)
    read = partial(parse_condition, problems=problems, group_by=owner.key)
    asked = parse_course(node, read, problems)
    sources, actions = _sources(node, context), _actions(node, context, owner)
    _warn_of_calls(node, sources, context)
    _warn_of_order(node, problems)
    rule = partial(
        Rule,
        name=owner.name,
        place=node.place,
        unless=read(unless, missing_is_false=True) if unless else None,
        sources=sources,
        group_by=group_by,
        absent=asked.absent,
        sequel=asked.sequel,
        resolve=asked.resolve,
        gates=_gates(node, asked, owner, context),
        enabled=as_flag("enabled", value_of(node, "enabled"), problems, default=True),
        shadow=as_flag("shadow", value_of(node, "shadow"), problems, default=False),
        actions=actions,
        tests=parse_tests(value_of(node, "tests"), _names(node, actions), problems),
        defaults=_defaults(matched_by(node)),
    )
    return rule(match=asked.match) if asked.match else None


def _note_missing(table: Table, problems: Problems) -> None:
    for key in ("name", "match", "actions"):
        if key not in table.entries and not (key == "match" and "absent" in table.entries):
            problems.note(table.place, f"a rule needs '{key}'")


def _owner(table: Table, group_by: Sequence[Path], problems: Problems) -> Owner:
    """What the actions of a rule have to know of it."""
    name = value_of(table, "name")
    return Owner(
        name=(name and as_name("name", name, problems)) or "",
        key=tuple(path.text for path in group_by),
        grounds=grounds_of(
            matched_by(table), value_of(table, "unless"), value_of(table, "group_by")
        ),
        has_incidents="resolve" in table.entries or "for" in table.entries,
    )


def _gates(table: Table, asked: Course, owner: Owner, context: Context) -> Gates:
    """The rule's own gates, with the marks of all that it alone can have."""
    waits = asked.absent is not None or (asked.sequel is not None and not asked.sequel.comes)
    found = parse_gates(table, owner.grounds, context.intervals, context.problems, waits=waits)
    own = own_parameters(table, asked, found.lasting)
    marks = {gate: owner.grounds.mark(parameters) for gate, parameters in own.items()}
    return replace(found, marks={**found.marks, **marks})


def _actions(table: Table, context: Context, owner: Owner) -> tuple[ActionSpec, ...]:
    node = value_of(table, "actions")
    if node is None:
        return ()
    if not isinstance(node, Items) or not node.items:
        found = "an empty list" if isinstance(node, Items) else kind_of(node)
        context.problems.note(node.place, f"'actions' is {found}, expected at least one action")
        return ()
    parsed = [(item, parse_action(item, context, owner)) for item in node.items]
    found_names: Counter[str] = Counter()
    for item, action in parsed:
        if action is not None:
            found_names[action.name] += 1
            if found_names[action.name] > 1:
                _note_same_name(item, action.name, context.problems)
    ordered = as_flag("ordered", value_of(table, "ordered"), context.problems, default=True)
    return tuple(
        replace(action, ordered=ordered and action.ordered)
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


_ALLOWING = "a docker source takes those that its `allow` names"


def _warn_of_calls(table: Table, sources: Sequence[str] | None, context: Context) -> None:
    """A call back goes to the API of the source that the event came from, if it has one."""
    known, node = context.sources, value_of(table, "actions")
    if known is None or any(known.get(name) for name in (known if sources is None else sources)):
        return
    for item in node.items if isinstance(node, Items) else ():
        for key, entry in item.entries.items() if isinstance(item, Table) else ():
            if key in context.actions and context.actions[key].calls_back:
                message = f"no source of this rule takes calls back: '{key}' will come to nothing"
                context.problems.warn(entry.key_place, message, _ALLOWING)


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
