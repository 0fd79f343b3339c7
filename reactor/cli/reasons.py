"""Why a rule did not fire, told: reason by reason, for people and as JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from reactor.cli.accounts import BECAME, Account, account_lines, row_fields, without_account
from reactor.cli.explained import blocker_fields, found_instead, wishes
from reactor.cli.kept import kept_fields, kept_line
from reactor.cli.output import counted, data, json_line, talk
from reactor.cli.trial import WHY
from reactor.cli.unfired import Findings, Question, look
from reactor.duration import format_time
from reactor.engine.misses import Miss
from reactor.model.match import Evaluation, Reason

NEAREST = 3
"""Of each reason the nearest misses, each with the events that the same tests kept back."""


def tell_reasons(name: str, question: Question, *, as_json: bool) -> None:
    """Say why the rule did not fire. Raises as `look`."""
    found = look(name, question)
    if found.is_cut:
        newest = counted(found.events, "event")
        talk(f"only the newest {newest} were looked at; --limit N looks at more")
    if as_json:
        for fields in _fields(found, question):
            data(json_line(fields))
    else:
        for line in _lines(found, question):
            data(line)


def _fields(found: Findings, question: Question) -> Iterator[Mapping[str, object]]:
    """First the rule, then an object a reason, then one for each match that is kept for later."""
    yield {
        "kind": "rule",
        "rule": found.rule.name,
        "sources": found.rule.sources,
        "events": found.events,
        "matched": found.matched,
        "since": format_time(found.first) if found.first else None,
        "is_cut": found.is_cut,
        "before_it_was_there": found.before,
    }
    for reason, rows in found.reasons.items():
        yield _reason_fields(found, reason, len(rows), [row_fields(found.last[reason])])
    for reason in found.misses.reasons:
        misses = found.misses.nearest(reason)
        examples = [_miss_fields(miss) for miss in _shown(misses, question)]
        yield _reason_fields(found, reason, _sum(misses), examples)
    if found.others:
        others = [{"source": source, "count": count} for source, count in found.others.items()]
        yield _reason_fields(found, Reason.OTHER_SOURCE, sum(found.others.values()), others)
    if found.quarantined:
        aside = [
            {"event_id": row.event_id, "source": row.source, "why": row.poison.why}
            for row in found.quarantined
        ]
        yield _reason_fields(found, Reason.CONDITION_ERROR, len(aside), aside[-NEAREST:])
    yield from map(kept_fields, found.kept)


def _reason_fields(
    found: Findings, reason: Reason, count: int, examples: Sequence[Mapping[str, object]]
) -> Mapping[str, object]:
    return {
        "kind": "reason",
        "rule": found.rule.name,
        "reason": reason,
        "why": BECAME.get(reason) or WHY[reason],
        "count": count,
        "examples": examples,
    }


def _miss_fields(miss: Miss) -> Mapping[str, object]:
    return {
        "event_id": miss.event.id,
        "source": miss.event.source,
        "received_at": format_time(miss.event.received_at),
        "count": miss.count,
        "blockers": [blocker_fields(blocker) for blocker in miss.explanation.blockers],
    }


def _shown(misses: Sequence[Miss], question: Question) -> Sequence[Miss]:
    return misses if question.is_all else misses[:NEAREST]


def _sum(misses: Sequence[Miss]) -> int:
    return sum(miss.count for miss in misses)


def _lines(found: Findings, question: Question) -> Iterator[str]:
    """What it fired and what held it back, what did not match, and what it waits for."""
    heard = f" of {' or '.join(found.rule.sources)}" if found.rule.sources else ""
    since = f" from {format_time(found.first)} on" if found.first else ""
    events = counted(found.events, "event")
    yield f"rule       {found.rule.name}: {events}{heard}{since}, {found.matched} matched"
    for reason, rows in found.reasons.items():
        yield from _reason_lines(reason, rows, found.last[reason])
    if found.seen:
        why = without_account(found.rule)
        yield f"matched    {len(found.seen)}, the last is event {found.seen[-1].id}; {why}"
    for reason in found.misses.reasons:
        yield from _miss_lines(reason, found.misses.nearest(reason), question)
    yield from _other_lines(found)
    yield from map(kept_line, found.kept)
    if found.every > len(found.kept):
        yield f"           {found.every - len(found.kept)} more are kept for later"


def _reason_lines(reason: Reason, rows: Sequence[Evaluation], last: Account) -> Iterator[str]:
    counts = Counter(row.action for row in rows)
    each = ", ".join(f"{action} {count}" for action, count in counts.items())
    what = f"fired      {len(rows)}"
    if reason is not Reason.FIRED:
        what = f"held back  {len(rows)} {reason}"
    event = f"event {last.row.event_id}" if last.row.event_id else "a timer without any event"
    yield f"{what} ({each}); the last by {event}, {format_time(last.row.at)}:"
    yield from (f"  {line}" for line in account_lines(last))


def _miss_lines(reason: Reason, misses: Sequence[Miss], question: Question) -> Iterator[str]:
    shown = _shown(misses, question)
    yield f"no match   {_sum(misses)} {reason}, {WHY[reason]}"
    for miss in shown:
        wished = " and ".join(wishes(miss.explanation))
        yield f"  {miss.count:<7}  would have matched if {wished}"
        at, instead = format_time(miss.event.received_at), found_instead(miss.explanation)
        yield f"           the last is event {miss.event.id}, {at}: {instead}"
    if rest := _sum(misses) - _sum(shown):
        yield f"  {rest:<7}  further from a match; --all shows them"


def _other_lines(found: Findings) -> Iterator[str]:
    """Events that were not asked whether they match."""
    if found.others:
        heard = " or ".join(found.rule.sources or ())
        others = ", ".join(f"{count} of {source}" for source, count in found.others.items())
        why = f"{Reason.OTHER_SOURCE}, {WHY[Reason.OTHER_SOURCE]}"
        yield f"no match   {sum(found.others.values())} {why}: it hears {heard}; {others}"
    if found.quarantined:
        last = found.quarantined[-1]
        why = f"{Reason.CONDITION_ERROR}, {WHY[Reason.CONDITION_ERROR]}"
        yield f"no match   {len(found.quarantined)} {why}"
        yield f"           the last is event {last.event_id}: {last.poison.why}"
    if found.before:
        yield f"no match   {found.before} decided before there was such a rule"
