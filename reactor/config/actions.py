"""One item of a rule's `actions` (rules.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from reactor.config import gates, later
from reactor.config.conditions import parse_condition
from reactor.config.gates import Grounds, Intervals, parse_gates
from reactor.config.node import Node, Problems, Scalar, Table, did_you_mean, kind_of
from reactor.config.settings import parse_field
from reactor.config.texts import Texts
from reactor.config.values import (
    as_choice,
    as_choices,
    as_duration,
    as_flag,
    as_name,
    as_text,
    check_keys,
    value_of,
)
from reactor.model.delivery import RetryPolicy
from reactor.model.gates import Phase
from reactor.model.protocols import ActionType, Field, Kind, Landing
from reactor.model.rule import ActionSpec

COMMON = (
    *("name", "if", "when", *gates.KEYS),
    *("enabled", "shadow", "timeout", "retry", "ordered"),
)
"""The siblings that every action takes."""

RETRY = ("first", "ceiling", "give_up_after")
DEFAULT_TIMEOUT = timedelta(seconds=10)
DEFAULT_WHEN = (Phase.OPENED, Phase.REPEATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a rule can refer to. `sources` are names and whether each takes calls back,
    `destinations` names with their types. These and `intervals` are None while a file is broken, as
    the names in it are not known."""

    problems: Problems
    texts: Texts
    actions: Mapping[str, ActionType]
    sources: Mapping[str, bool] | None
    destinations: Mapping[str, str] | None
    intervals: Intervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What an action has to know of its rule: the name, the paths of the key, what the memory of
    gates hangs on, and whether its firings belong to incidents that end."""

    name: str
    key: tuple[str, ...]
    grounds: Grounds
    has_incidents: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    """What stands behind the action key, and the destination when it names one."""

    value: object
    destination: str | None = None


def parse_action(node: Node, context: Context, owner: Owner) -> ActionSpec | None:
    """The action, or None after its problems were noted."""
    if not isinstance(node, Table):
        message = f"an action is {kind_of(node)}, expected a mapping such as 'slack: ops'"
        context.problems.note(node.place, message)
        return None
    type_ = _type(node, context)
    return _typed(type_, node, context, owner) if type_ else None


def _type(table: Table, context: Context) -> str | None:
    """The action key of the item."""
    found = [key for key in table.entries if key in context.actions]
    if len(found) == 1:
        return found[0]
    if found:
        place = table.entries[found[1]].key_place
        message = f"'{found[0]}' and '{found[1]}' are two actions in one item"
        context.problems.note(place, message, "begin each with its own '- '")
        return None
    if not _note_later(table, context):
        _note_unknown(table, context)
    return None


def _note_later(table: Table, context: Context) -> bool:
    """Whether the item is an action of a later version, which is then noted."""
    for key, entry in table.entries.items():
        if key in later.ACTION_TYPES:
            context.problems.note(entry.key_place, f"the action '{key}' is not yet supported")
            return True
    return False


def _note_unknown(table: Table, context: Context) -> None:
    words = [key for key in table.entries if key not in COMMON]
    expected = f"expected one of {', '.join(context.actions)}"
    if not words:
        context.problems.note(table.place, f"an action does not say what to do, {expected}")
        return
    place = table.entries[words[0]].key_place
    hint = did_you_mean(words[0], context.actions)
    context.problems.note(place, f"'{words[0]}' is no action, {expected}", hint)


def _typed(type_: str, table: Table, context: Context, owner: Owner) -> ActionSpec | None:
    kind, problems = context.actions[type_], context.problems
    check_keys(table, (type_, *COMMON, *kind.fields), problems)
    name = _name(table, type_, problems)
    value = _value(type_, table.entries[type_].value, context)
    if value is None:
        return None
    condition, timeout = value_of(table, "if"), value_of(table, "timeout")
    return ActionSpec(
        name=name,
        type=type_,
        value=value.value,
        destination=value.destination,
        parameters=_parameters(type_, table, context, f"{owner.name}/{name}"),
        enabled=as_flag("enabled", value_of(table, "enabled"), problems, default=True),
        shadow=as_flag("shadow", value_of(table, "shadow"), problems, default=False),
        condition=parse_condition(condition, problems, group_by=owner.key) if condition else None,
        when=_when(table, owner, problems),
        gates=parse_gates(table, owner.grounds, context.intervals, problems),
        timeout=(timeout and as_duration("timeout", timeout, problems)) or DEFAULT_TIMEOUT,
        retry=_retry(table, problems),
        ordered=as_flag("ordered", value_of(table, "ordered"), problems, default=True),
    )


def _name(table: Table, type_: str, problems: Problems) -> str:
    node = value_of(table, "name")
    return (node and as_name("name", node, problems)) or type_


def _value(type_: str, node: Node, context: Context) -> _Value | None:
    """The value of the action key by what its type declares."""
    kind = context.actions[type_]
    field = kind.value
    if kind.destination_types:
        return _addressed(type_, node, field, context)
    value: object
    if field.kind is Kind.CHOICE:
        value = as_choice(type_, node, field.choices, context.problems)
    elif field.landing is Landing.CALL:
        value = context.texts.call(type_, node)
    else:
        value = as_text(type_, node, context.problems)
    return None if value is None else _Value(value=value)


def _addressed(type_: str, node: Node, field: Field, context: Context) -> _Value | None:
    """A destination's name, or a URL where the type takes one."""
    text = node.value if isinstance(node, Scalar) else None
    if isinstance(node, Scalar) and isinstance(text, str) and "://" in text:
        return _inline(type_, node, field, context)
    name = as_text(type_, node, context.problems)
    if name is None:
        return None
    _check_destination(type_, name, node, context)
    return _Value(value=name, destination=name)


def _inline(type_: str, node: Scalar, field: Field, context: Context) -> _Value | None:
    """A URL in place of a destination's name; it may be a secret, so that no message shows it."""
    if field.kind is not Kind.URL or field.landing is None:
        message = f"'{type_}' is a URL, expected the name of a destination"
        context.problems.note(node.place, message, "put the URL into 'destinations'")
        return None
    template = None if node.unresolved else context.texts.url(type_, node, field.landing)
    return _Value(value=template) if template else None


def _check_destination(type_: str, name: str, node: Node, context: Context) -> None:
    if context.destinations is None:
        return
    accepted = context.actions[type_].destination_types
    found = context.destinations.get(name)
    if found is None:
        message = f"'{type_}' names the destination '{name}', which does not exist"
        hint = did_you_mean(name, context.destinations)
        context.problems.note(node.place, message, hint)
    elif found and found not in accepted:
        message = (
            f"'{type_}' names the destination '{name}' of type {found}, "
            f"expected one of type {', '.join(accepted)}"
        )
        context.problems.note(node.place, message)


def _parameters(type_: str, table: Table, context: Context, owner: str) -> dict[str, object]:
    found = {}
    for key, field in context.actions[type_].fields.items():
        node = value_of(table, key)
        if node is not None:
            value = _parameter(key, field, node, context, owner)
            if value is not None:
                found[key] = value
        elif field.required:
            context.problems.note(table.place, f"'{type_}' needs '{key}'")
    return found


def _parameter(key: str, field: Field, node: Node, context: Context, owner: str) -> object:
    if field.landing is None:
        return parse_field(key, field, node, context.problems)
    if field.kind is Kind.HEADERS:
        return context.texts.headers(key, node, field.landing, owner)
    if field.kind is Kind.BODY:
        return context.texts.body(node, field.landing, owner)
    return context.texts.template(key, node, field.landing)


def _when(table: Table, owner: Owner, problems: Problems) -> tuple[Phase, ...]:
    node = value_of(table, "when")
    phases = as_choices("when", node, tuple(Phase), problems) if node else ()
    if node and Phase.RESOLVED in phases and not owner.has_incidents:
        message = "nothing resolves the incidents of a rule without 'resolve' or 'for'"
        problems.warn(node.place, message)
    return tuple(map(Phase, phases)) or DEFAULT_WHEN


def _retry(table: Table, problems: Problems) -> RetryPolicy:
    node, default = value_of(table, "retry"), RetryPolicy()
    if node is None:
        return default
    if not isinstance(node, Table):
        expected = "expected a mapping of first, ceiling, give_up_after"
        problems.note(node.place, f"'retry' is {kind_of(node)}, {expected}")
        return default
    check_keys(node, RETRY, problems)
    given = {key: value_of(node, key) for key in RETRY}
    spans = {key: as_duration(key, each, problems) for key, each in given.items() if each}
    policy = RetryPolicy(
        first=spans.get("first") or default.first,
        ceiling=spans.get("ceiling") or max(default.ceiling, spans.get("first") or default.first),
        give_up_after=spans.get("give_up_after") or default.give_up_after,
    )
    if policy.first > policy.ceiling:
        problems.note(node.place, "'retry' has a 'first' above its 'ceiling'")
    return policy
