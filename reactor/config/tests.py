"""The tests that a rule carries (rules.md §5)."""

import re
from datetime import timedelta

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
from reactor.config.silences import silenced_by
from reactor.config.values import (
    as_duration,
    as_name,
    as_text,
    as_texts,
    check_keys,
    refuse,
    value_of,
)
from reactor.duration import parse_time
from reactor.engine.facts import fact_path, lay
from reactor.model.condition import Condition
from reactor.model.match import Reason
from reactor.model.problem import Place
from reactor.model.rule import RuleTest, Step

TEST_KEYS = ("name", "facts", "steps")
MOVES = ("send", "wait", "at", "respond", "restart", "silence")
"""What a step does; it is one of these."""

STEP_KEYS = (*MOVES, "facts", "expect", "because")
BECAUSE = tuple(reason.value for reason in Reason if reason is not Reason.FIRED)
"""What `because` can say: every reason that holds something back."""

STATUSES = range(200, 600)
"""How a request can end, as HTTP has it."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Names = frozenset[str] | None
"""The names of the rule's actions, or None when one of them could not be read."""


def parse_tests(node: Node | None, actions: Names, problems: Problems) -> tuple[RuleTest, ...]:
    """Every test of a rule that could be read; what is wrong with the others is noted."""
    if node is None:
        return ()
    if not isinstance(node, Items):
        problems.note(node.place, f"'tests' is {kind_of(node)}, expected a list")
        return ()
    tests = [_test(item, number, actions, problems) for number, item in enumerate(node.items, 1)]
    return tuple(test for test in tests if test is not None)


def _test(node: Node, number: int, actions: Names, problems: Problems) -> RuleTest | None:
    if not isinstance(node, Table):
        problems.note(node.place, f"a test is {kind_of(node)}, expected a mapping with 'steps'")
        return None
    check_keys(node, TEST_KEYS, problems)
    name, facts, steps = (value_of(node, key) for key in TEST_KEYS)
    if not isinstance(steps, Items) or not steps.items:
        place = steps.place if steps else node.place
        problems.note(place, "a test needs 'steps', a list of at least one step")
        return None
    parsed = [_step(item, actions, problems) for item in steps.items]
    return RuleTest(
        name=(name and as_name("name", name, problems)) or f"test {number}",
        place=node.place,
        steps=tuple(step for step in parsed if step is not None),
        facts=_facts(facts, problems) if facts else {},
    )


def _step(node: Node, actions: Names, problems: Problems) -> Step | None:
    if not isinstance(node, Table):
        problems.note(node.place, f"a step is {kind_of(node)}, expected a mapping with 'send'")
        return None
    check_keys(node, STEP_KEYS, problems)
    moves = [key for key in MOVES if key in node.entries]
    if len(moves) != 1:
        found = f"has {' and '.join(moves)}" if moves else "has none of them"
        problems.note(node.place, f"a step needs one of {', '.join(MOVES)}, this one {found}")
    given = (value_of(node, key) for key in STEP_KEYS)
    send, wait, at, respond, restart, silence, facts, expect, because = given
    if facts and not send:
        problems.note(facts.place, "'facts' of a step go with its 'send'")
    silenced, lasts = _silence(silence, problems) if silence else (None, None)
    return Step(
        place=node.place,
        send=_mapping("send", send, problems) if send else None,
        wait=_wait(wait, problems),
        at=_moment(at, problems) if at else None,
        respond=_respond(respond, actions, problems) if respond else None,
        restart=_restart(restart, problems) if restart else False,
        silence=silenced,
        lasts=lasts,
        facts=_facts(facts, problems) if facts else None,
        expect=_expect(expect, actions, problems) if expect else (),
        because=_because(because, problems) if because else (),
    )


def _wait(node: Node | None, problems: Problems) -> timedelta | None:
    return as_duration("wait", node, problems) if node else None


def _moment(node: Node, problems: Problems) -> str | None:
    text = as_text("at", node, problems)
    if text is not None and (not _RFC3339.fullmatch(text) or parse_time(text) is None):
        refuse(problems, "at", node, "a moment such as 2030-01-07T13:00:00Z")
        return None
    return text


def _respond(node: Node, actions: Names, problems: Problems) -> dict[str, int]:
    """The names of actions, and the HTTP status by which their attempts end from now on."""
    if not isinstance(node, Table) or not node.entries:
        refuse(problems, "respond", node, "actions with HTTP statuses such as {slack: 429}")
        return {}
    found = {}
    for name, entry in node.entries.items():
        _check_action("respond", name, entry.key_place, actions, problems)
        status = entry.value.value if isinstance(entry.value, Scalar) else None
        if isinstance(status, int) and status in STATUSES:
            found[name] = status
        else:
            refuse(problems, name, entry.value, "an HTTP status from 200 to 599")
    return found


def _restart(node: Node, problems: Problems) -> bool:
    if not isinstance(node, Scalar) or node.value is not True:
        refuse(problems, "restart", node, "true")
    return True


def _silence(node: Node, problems: Problems) -> tuple[Condition | None, timedelta | None]:
    """`{match: CONDITION, for: DURATION}`. There is no short form: it would look like a condition
    on a field called `match`."""
    if not isinstance(node, Table):
        refuse(problems, "silence", node, "a mapping of match and for")
        return None, None
    check_keys(node, ("match", "for"), problems)
    match, lasts = value_of(node, "match"), value_of(node, "for")
    if match is None or lasts is None:
        problems.note(node.place, "'silence' needs 'match' and 'for'")
    return (
        silenced_by(match, problems) if match else None,
        as_duration("for", lasts, problems) if lasts else None,
    )


def _mapping(key: str, node: Node, problems: Problems) -> dict[str, object]:
    if not isinstance(node, Table):
        refuse(problems, key, node, "a mapping of fields")
        return {}
    _refuse_secrets(node, problems)
    return {name: plain(entry.value) for name, entry in node.entries.items()}


def _refuse_secrets(node: Node, problems: Problems) -> None:
    """A test's events are shown when it fails."""
    if isinstance(node, Scalar):
        if node.secrets:
            problems.note(node.place, f"a test holds a secret, {node.secrets[0]}")
        return
    nodes = node.items if isinstance(node, Items) else [e.value for e in node.entries.values()]
    for each in nodes:
        _refuse_secrets(each, problems)


def _facts(node: Node, problems: Problems) -> dict[str, object]:
    """Facts as nested objects: `service.name: web` is `{service: {name: web}}`."""
    given, nested = _mapping("facts", node, problems), dict[str, object]()
    for key, value in given.items():
        place = node.entries[key].key_place if isinstance(node, Table) else node.place
        try:
            names = fact_path(key)
        except ValueError as invalid:
            problems.note(place, str(invalid))
            continue
        if not lay(nested, names, value):
            problems.note(place, f"'{key}' has a value here and one above, expected one of them")
    return nested


def _expect(node: Node, actions: Names, problems: Problems) -> tuple[str, ...] | None:
    """The names of actions, or None for `any`."""
    if isinstance(node, Scalar) and node.value == "any":
        return None
    if not isinstance(node, Items):
        refuse(problems, "expect", node, "a list of action names, [] or any")
        return ()
    names = as_texts("expect", node, problems) if node.items else ()
    for name, each in names:
        _check_action("expect", name, each.place, actions, problems)
    return tuple(name for name, _ in names)


def _check_action(key: str, name: str, place: Place, actions: Names, problems: Problems) -> None:
    if actions is not None and name not in actions:
        message = f"'{key}' names '{name}', which is no action of this rule"
        problems.note(place, message, did_you_mean(name, actions))


def _because(node: Node, problems: Problems) -> tuple[str, ...]:
    reasons = as_texts("because", node, problems)
    for reason, each in reasons:
        if reason not in BECAUSE:
            message = f"unknown reason '{reason}', expected one of {', '.join(BECAUSE)}"
            problems.note(each.place, message, did_you_mean(reason, BECAUSE))
    return tuple(reason for reason, _ in reasons)
