"""What became of a match, told: for each action its gates with their numbers, its delivery, and
every attempt; for people, and as JSON. All of it is as the journal has it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reactor.cli.delivery import attempt_details
from reactor.cli.explained import condition_lines, node_fields
from reactor.cli.output import (
    attempt_fields,
    counted,
    delivery_fields,
    evaluation_fields,
    group_text,
)
from reactor.duration import format_duration, format_time, parse_time
from reactor.engine.explain import Explained
from reactor.engine.verdicts import gate_words, moment_words
from reactor.model.delivery import Attempt, Delivery
from reactor.model.incident import Joined
from reactor.model.match import Evaluation, Reason, Verdict
from reactor.model.rule import ActionSpec, Rule
from reactor.model.silence import StoredSilence

BECAME: Mapping[Reason, str] = {
    Reason.FIRED: "every gate let it pass",
    Reason.THROTTLED: "as many as may had passed",
    Reason.BELOW_COUNT: "too few matches within the window",
    Reason.WAITING: "a gate keeps it for later",
    Reason.OUTSIDE_TIME: "it is not its time",
    Reason.SILENCED: "a silence holds",
    Reason.INCIDENT: "it belongs to an incident that was told of",
    Reason.IF_FALSE: "its 'if' is not true",
    Reason.MODE: "a firing of this key is under way",
    Reason.SHADOW: "it is a shadow: nothing is sent",
    Reason.LOOP_GUARD: "the rule goes round in a circle",
    Reason.ENDED: "it did not last",
    Reason.MERGED: "one is kept for this key already",
    Reason.EXPIRED: "its time was skipped, or its rule is gone",
}
"""The reasons of rules that matched, in words."""

_BECAME_AT: Mapping[tuple[Reason, object], str] = {
    (Reason.ENDED, "not_then"): "the other event came",
    (Reason.EXPIRED, "then"): "the other event did not come",
    (Reason.MERGED, "then"): "a later one is kept instead",
}
"""What is to be said otherwise, by the gate that kept it."""

_UNTIL = ("due_at", "until", "opens_at")
"""What gates that keep a match call the moment at which it goes on."""

_ON_BOTH = ("for", "after", "during", "not_during", "throttle", "mode")
"""The gates that a rule and an action can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the journal has of a match for one action. `action` is how the rule of then had it, None
    where that is not known, and `condition` what its `if` says of the event. `part` is what the
    match was to an incident."""

    row: Evaluation
    action: ActionSpec | None = None
    rule_is_shadow: bool = False
    condition: Explained | None = None
    part: Joined | None = None
    silences: Mapping[str, StoredSilence] = field(default_factory=dict)
    delivery: Delivery | None = None
    attempts: Sequence[Attempt] = ()


def became(row: Evaluation) -> str:
    """What became of a match, in words."""
    gate = row.gates[-1]["gate"] if row.gates else None
    return _BECAME_AT.get((row.reason, gate)) or BECAME[row.reason]


def account_fields(accounts: Sequence[Account], parts: Sequence[Joined]) -> dict[str, object]:
    """What an explanation as `--json` prints it has of what became of a match, and of what the
    event was to incidents."""
    made = [each for each in accounts if each.delivery]
    silences = {name: each for one in accounts for name, each in one.silences.items()}
    return {
        "evaluations": [row_fields(each) for each in accounts],
        "deliveries": [delivery_fields(each.delivery) for each in made if each.delivery],
        "attempts": [
            attempt_fields(each.delivery, attempt) | attempt_details(attempt)
            for each in made
            for attempt in each.attempts
            if each.delivery
        ],
        "incidents": [_part_fields(part) for part in parts],
        "silences": [_silence_fields(each) for each in silences.values()],
    }


def row_fields(account: Account) -> dict[str, object]:
    """One as `--json` prints it."""
    condition = account.condition
    return {
        **evaluation_fields(account.row),
        "why": became(account.row),
        "if": node_fields(condition) if condition else None,
    }


def _part_fields(part: Joined) -> dict[str, object]:
    return {
        "kind": "incident",
        "id": part.id,
        "phase": part.phase,
        "since": format_time(part.since),
        "count": part.count,
    }


def _silence_fields(silence: StoredSilence) -> dict[str, object]:
    return {
        "kind": "silence",
        "id": silence.id,
        "condition": silence.text,
        "author": silence.author,
        "comment": silence.comment,
        "expires_at": format_time(silence.ended_at or silence.expires_at),
    }


def account_lines(account: Account) -> Iterator[str]:
    """One for people: the action and what became of it, each gate it came to, what was sent.
    Moments of the day on which it was decided are told without their date."""
    row = account.row
    group = f" for {text}" if (text := group_text(row.key)) else ""
    yield f"action     {row.action}{group}: {row.reason} {_when(row)}, {became(row)}"
    for verdict in row.gates:
        yield f"  {_WORDS.get(verdict['reason'], 'held'):7}  {_verdict_text(verdict, row.at)}"
    yield from _without_gate(account)
    for silence in account.silences.values():
        yield f"silence    {_silence_text(silence)}"
    if account.delivery:
        yield from _delivery_lines(account.delivery, account.attempts)


_WORDS: Mapping[object, str] = {None: "passed", Reason.WAITING: "kept"}


def _verdict_text(verdict: Verdict, at: datetime) -> str:
    """What a gate said, and whether it is the rule's where an action may have it too."""
    shared = verdict["action"] is None and verdict["gate"] in _ON_BOTH
    return f"{gate_words(verdict, at)}{' (of the rule)' if shared else ''}"


def _when(row: Evaluation) -> str:
    since = moment_words(row.at, row.at)
    if row.settled_at:
        return f"at {moment_words(row.settled_at, row.at)}, kept since {since}"
    if row.reason is not Reason.WAITING:
        return f"at {since}"
    moments = [row.gates[-1].get(name) for name in _UNTIL] if row.gates else []
    until = next((parse_time(each) for each in moments if isinstance(each, str)), None)
    return f"since {since}" + (f" until {moment_words(until, row.at)}" if until else "")


def _without_gate(account: Account) -> Iterator[str]:
    """What held it back where that is no gate: the numbers are elsewhere."""
    reason, action, part = account.row.reason, account.action, account.part
    if reason is Reason.IF_FALSE and account.condition:
        yield from condition_lines("if", account.condition)
    if reason is Reason.SHADOW:
        yield f"  held     shadow: true (of the {'rule' if account.rule_is_shadow else 'action'})"
    if reason is Reason.INCIDENT and part and action and part.phase not in action.when:
        yield f"  held     when: {', '.join(action.when)}, but it is {part.phase}"


def without_account(rule: Rule) -> str:
    """Why the journal has nothing of a match, for people."""
    if rule.absent:
        return f"nothing fires: from here on it may stay away for {format_duration(rule.absent)}"
    if not any(action.enabled for action in rule.actions):
        return "nothing fires: every action is switched off"
    return "the journal has no evaluation of it"


def part_line(part: Joined) -> str:
    """What an event was to an incident, for people."""
    firings = counted(part.count, "firing")
    return f"incident   {part.id}: {part.phase}, {firings} since {format_time(part.since)}"


def _silence_text(silence: StoredSilence) -> str:
    until = format_time(silence.ended_at or silence.expires_at)
    why = f": {silence.comment}" if silence.comment else ""
    return f"{silence.id} by {silence.author} until {until}, {silence.text}{why}"


def _delivery_lines(delivery: Delivery, attempts: Sequence[Attempt]) -> Iterator[str]:
    to = delivery.destination or delivery.request.shown_url or delivery.type
    why = f" ({delivery.reason})" if delivery.reason else ""
    tries = counted(delivery.attempts, "attempt")
    yield f"delivery   {delivery.id} to {to}: {delivery.state}{why}, {tries}"
    for attempt in attempts:
        took = (attempt.ended_at - attempt.started_at).total_seconds() * 1000
        told = f"{attempt.verdict}, {attempt.detail}, in {took:.1f} ms{_reached(attempt)}"
        yield f"  {attempt.number:<7}  {format_time(attempt.started_at)}: {told}"


def _reached(attempt: Attempt) -> str:
    """How long until the connection stood, if one had to be made, and until the answer began."""
    if attempt.timings is None:
        return ""
    points = {"connected": attempt.timings.connect, "first byte": attempt.timings.first_byte}
    told = [f"{name} {span.total_seconds() * 1000:.1f} ms" for name, span in points.items() if span]
    return f" ({', '.join(told)})" if told else ""
