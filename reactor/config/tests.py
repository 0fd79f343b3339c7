"""The tests that a rule carries (rules.md §5)."""

import re
from datetime import timedelta

from reactor.config import later
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
from reactor.model.match import Reason
from reactor.model.rule import RuleTest, Step

TEST_KEYS = ("name", "facts", "steps")
STEP_KEYS = ("send", "wait", "at", "facts", "expect", "because")
MOVES = ("send", "wait", "at")
BECAUSE = tuple(reason.value for reason in Reason if reason is not Reason.FIRED)
"""What `because` can say: every reason that holds something back."""

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
    check_keys(node, STEP_KEYS, problems, later=later.STEP)
    moves = [key for key in MOVES if key in node.entries]
    if len(moves) != 1 and not later.STEP & set(node.entries):
        found = f"has {' and '.join(moves)}" if moves else "has none of them"
        problems.note(node.place, f"a step needs one of send, wait or at, this one {found}")
    send, wait, at, facts, expect, because = (value_of(node, key) for key in STEP_KEYS)
    if facts and not send:
        problems.note(facts.place, "'facts' of a step go with its 'send'")
    return Step(
        place=node.place,
        send=_mapping("send", send, problems) if send else None,
        wait=_wait(wait, problems),
        at=_moment(at, problems) if at else None,
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
    for name, each in names if actions is not None else ():
        if name not in (actions or ()):
            message = f"'expect' names '{name}', which is no action of this rule"
            problems.note(each.place, message, did_you_mean(name, actions or ()))
    return tuple(name for name, _ in names)


def _because(node: Node, problems: Problems) -> tuple[str, ...]:
    reasons = as_texts("because", node, problems)
    for reason, each in reasons:
        if reason not in BECAUSE:
            message = f"unknown reason '{reason}', expected one of {', '.join(BECAUSE)}"
            problems.note(each.place, message, did_you_mean(reason, BECAUSE))
    return tuple(reason for reason, _ in reasons)
