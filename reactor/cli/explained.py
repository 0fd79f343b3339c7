"""What rules say of an event, told: the tree of conditions for people, and as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass

from reactor.cli.output import counted
from reactor.cli.trial import WHY
from reactor.engine.explain import Explained, Kind
from reactor.engine.nearest import Blocker, Explanation
from reactor.engine.normalize import canonical
from reactor.engine.selector import MISSING
from reactor.model.event import Event
from reactor.model.match import Reason, Truth

MAX_ACTUAL = 1024
"""Bytes of JSON up to which --json shows a value of the event whole."""

_MOST_LETTERS = 60  # of a value, for people
_MOST_WISHES = 5
_LINE = 80
_INDENT = " " * 11  # under the first letter of the rule's name
_WIDEST = 60  # what is wider than this column pushes what stands behind it aside
_MISSING = "the field is missing"
_WORDS: dict[Truth, str] = {True: "true", False: "false", None: "unknown"}


def explanation_fields(explanation: Explanation, event: Event) -> dict[str, object]:
    """An explanation as `--json` prints it; where a truth is null it is unknown."""
    unless = explanation.unless
    return {
        "kind": "explanation",
        "event_id": event.id,
        "source": event.source,
        "rule": explanation.rule.name,
        "sources": explanation.rule.sources,
        "truth": explanation.truth,
        "reason": explanation.reason or "matched",
        "blockers": [blocker_fields(blocker) for blocker in explanation.blockers],
        "tree": node_fields(explanation.match),
        "unless": node_fields(unless) if unless else None,
    }


def blocker_fields(blocker: Blocker) -> dict[str, object]:
    """A test that would have to say something else, and what."""
    test = blocker.test
    return {"path": test.path, "expected": test.expected, "becomes": blocker.becomes}


def node_fields(node: Explained) -> dict[str, object]:
    """A node and those below it. Blocks have no field; the parts of a test have the test's."""
    fields: dict[str, object] = {"kind": node.kind, "truth": node.truth, "why": node.why}
    if node.kind is Kind.TEST:
        fields |= {"path": node.path, **_actual_fields(node.actual)}
    if node.kind in (Kind.TEST, Kind.PART):
        fields |= {"operator": node.operator, "expected": node.expected}
    return {**fields, "parts": [node_fields(part) for part in node.parts]}


def _actual_fields(value: object) -> dict[str, object]:
    """Nothing for a field that is missing; of a large value its beginning, and how large it is."""
    if value is MISSING:
        return {}
    text = canonical(value).encode()
    if len(text) <= MAX_ACTUAL:
        return {"actual": value}
    begins = text[:MAX_ACTUAL].decode(errors="ignore")
    return {"actual_begins": begins, "actual_bytes": len(text)}


def explanation_lines(explanation: Explanation) -> Iterator[str]:
    """An explanation for people: what came of the rule, what would make it match, the tree."""
    rule, reason = explanation.rule, explanation.reason
    if reason is None:
        yield f"match      {rule.name}"
    else:
        yield f"no match   {rule.name}: {reason}, {WHY[reason]}"
        wished = wishes(explanation)
        yield from _wish_lines(wished) if wished else ()  # an error is nothing to wish away
    rows = [*_asked_first(explanation), *_root("match", explanation.match)]
    if explanation.unless:
        rows += _root("unless", explanation.unless)
    yield from _row_lines(rows)


def condition_lines(key: str, condition: Explained) -> Iterator[str]:
    """One condition for people, under the key of the rule file that holds it."""
    yield from _row_lines(list(_root(key, condition)))


def _wish_lines(wished: list[str]) -> Iterator[str]:
    """On one line if there is room for all of them, else one on each."""
    whole = f"{_INDENT}would match if {' and '.join(wished)}"
    if len(whole) <= _LINE:
        yield whole
        return
    first, *others = wished
    yield f"{_INDENT}would match if {first}"
    for wish in others:
        yield f"{_INDENT}and {wish}"


def wishes(explanation: Explanation) -> list[str]:
    """What would have to be otherwise, in words."""
    wished = list[str]()
    if explanation.reason is Reason.DISABLED:
        wished.append("it were switched on")
    if explanation.reason is Reason.OTHER_SOURCE:
        wished.append(f"the event came from {' or '.join(explanation.rule.sources or ())}")
    wished += dict.fromkeys(map(_wish, explanation.blockers))  # two may ask the same of one field
    more = len(wished) - _MOST_WISHES
    rest = [counted(more, "more test")] if more > 0 else []
    return wished[:_MOST_WISHES] + rest


def _wish(blocker: Blocker) -> str:
    """What a test asks for, or its contrary: `state were "Stopped"`."""
    test, becomes = blocker.test, blocker.becomes
    expected = test.expected
    if test.operator == "exists" and isinstance(expected, dict):
        return f"{test.path} were {'there' if becomes is expected['exists'] else 'not there'}"
    if test.operator == "not" and isinstance(expected, dict):
        expected, becomes = expected["not"], not becomes
    known = "were known and " if test.actual is MISSING and not becomes else ""
    alternatives = expected if isinstance(expected, list) else [expected]
    if any(isinstance(each, dict | list) for each in alternatives):
        return f"{test.path} {known}{'fitted' if becomes else 'did not fit'} {_shown(expected)}"
    be = "were " if becomes else "not " if known else "were not "
    return f"{test.path} {known}{be}{' or '.join(map(_shown, alternatives))}"


def found_instead(explanation: Explanation) -> str:
    """What the tests that keep a rule from matching found: `state is "Running", code is missing`"""
    tests = {each.test.path: each.test for each in explanation.blockers}
    told = [f"{path} {_found(test)}" for path, test in tests.items()]
    if explanation.reason is Reason.OTHER_SOURCE:
        told.insert(0, f"the source is {explanation.source}")
    return ", ".join(told[:_MOST_WISHES])


def _found(test: Explained) -> str:
    if test.actual is MISSING:
        return test.why if test.why != _MISSING else "is missing"
    return ", ".join(filter(None, [f"is {_shown(test.actual)}", test.why]))


@dataclass(frozen=True, slots=True)
class _Row:
    truth: Truth
    text: str
    remark: str


def _row_lines(rows: list[_Row]) -> Iterator[str]:
    width = min(max(len(row.text) for row in rows), _WIDEST)
    for row in rows:
        yield f"  {_WORDS[row.truth]:7}  {row.text:{width}}  {row.remark}".rstrip()


def _asked_first(explanation: Explanation) -> Iterator[_Row]:
    """What a rule asks before its conditions."""
    rule = explanation.rule
    if not rule.enabled:
        yield _Row(False, "enabled: true", "is false")  # noqa: FBT003 -- a truth among others
    if rule.sources is not None:
        heard = _shown(rule.sources[0] if len(rule.sources) == 1 else rule.sources)
        is_heard = explanation.source in rule.sources
        yield _Row(is_heard, f"source: {heard}", f"is {_shown(explanation.source)}")


def _root(key: str, node: Explained) -> Iterator[_Row]:
    """A whole condition, under the key of the rule that holds it."""
    is_block = node.kind is Kind.ALL
    yield _Row(node.truth, key, node.why if is_block else "")
    for part in node.parts if is_block else (node,):
        yield from _rows(part, "  ")


def _rows(node: Explained, indent: str, said: str = "") -> Iterator[_Row]:
    """A node and its parts; an operator's part does not repeat what was `said` of the whole."""
    match node.kind:
        case Kind.TEST:
            actual = "" if node.actual is MISSING else f"is {_shown(node.actual)}"
            text = f"{node.path}: {_shown(node.expected)}"
            remark = ", ".join(filter(None, [actual, node.why]))
        case Kind.PART:
            text, remark = _shown(node.expected), "" if node.why == said else node.why
        case _:
            text, remark = str(node.kind), node.why
    yield _Row(node.truth, indent + text, remark)
    for part in () if _tells_it_all(node) else node.parts:
        yield from _rows(part, indent + "  ", node.why)


def _tells_it_all(node: Explained) -> bool:
    """Whether the line of a test shows what its parts would: one operator, or plain values."""
    leaves = list(_leaves(node))
    is_plain = all(leaf.operator == "equals" for leaf in leaves)
    return node.kind in (Kind.TEST, Kind.PART) and (is_plain or len(leaves) == 1)


def _leaves(node: Explained) -> Iterator[Explained]:
    if not node.parts:
        yield node
    for part in node.parts:
        yield from _leaves(part)


def _shown(value: object) -> str:
    """A value as JSON, shortened."""
    text = canonical(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 1]}…"
