"""Why a rule did not fire for a while: what became of its matches, what kept other events from
matching, and what it waits for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reactor.actions import ACTIONS
from reactor.cli.accounts import Account
from reactor.cli.cases import MOST_EARLIER, Seen, account_of, chosen, unknown_rule
from reactor.cli.places import read_rules
from reactor.config.effective import rules_in
from reactor.config.recorded import recorded_rule
from reactor.config.ruleset import Resolve
from reactor.engine.earlier import Earlier
from reactor.engine.misses import Misses
from reactor.engine.nearest import explain_rule
from reactor.journal.database import Connection, open_reader
from reactor.journal.evaluations import list_evaluations
from reactor.journal.history import (
    Decided,
    Kept,
    decided_events,
    events_before,
    kept_by,
    parts_of,
    ruleset_text,
    unheard,
)
from reactor.journal.quarantine import list_quarantined
from reactor.journal.standing import last_ruleset
from reactor.model.errors import ReactorError
from reactor.model.event import Event, Record
from reactor.model.incident import Joined
from reactor.model.match import Evaluation, Reason
from reactor.model.quarantine import Quarantined
from reactor.model.rule import Rule

MOST_EVENTS = 10_000
"""Events that are looked at, unless more or fewer are asked for."""

MOST_KEPT = 10
"""Matches that are kept for later and are shown one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be looked at: the newest `limit` events since then, of `source` or of all that the
    rule hears. `rules` is a rule file to ask instead of the rules that decided."""

    rules: Path | None
    data_dir: Path
    source: str | None
    since: datetime | None
    limit: int
    is_all: bool


@dataclass(slots=True, kw_only=True)
class Findings:
    """What was found of one rule, from the `first` event on.

    `rows` are what became of its matches, and `last` has of each reason the last one. `seen` are
    the events that matched and have none, `before` is how many were decided when there was no such
    rule, and `others` how many, by source, it does not hear. `kept` is what waits now, of `every`
    such.
    """

    rule: Rule
    events: int = 0
    first: datetime | None = None
    is_cut: bool = False
    rows: Sequence[Evaluation] = ()
    last: dict[Reason, Account] = field(default_factory=dict)
    seen: list[Event] = field(default_factory=list)
    before: int = 0
    misses: Misses = field(default_factory=Misses)
    others: Mapping[str, int] = field(default_factory=dict)
    quarantined: Sequence[Quarantined] = ()
    kept: Sequence[Kept] = ()
    every: int = 0

    @property
    def matched(self) -> int:
        """How many events the rule matched."""
        return len({(row.source, row.event_id) for row in self.rows if row.event_id}) + len(
            self.seen
        )

    @property
    def reasons(self) -> Mapping[Reason, list[Evaluation]]:
        """What became of matches: what fired first, then what was most frequent."""
        counts = Counter(row.reason for row in self.rows)
        order = sorted(counts, key=lambda reason: (reason is not Reason.FIRED, -counts[reason]))
        return {reason: [row for row in self.rows if row.reason is reason] for reason in order}


def look(name: str, question: Question) -> Findings:
    """Read the journal for one rule. Raises BadParameter where there is none of this name,
    ReactorError when its text of then cannot be read, JournalUnavailable."""
    with closing(open_reader(question.data_dir)) as reader:
        rule = _present(reader, name, question)
        sources = (question.source,) if question.source else rule.sources
        newest = decided_events(
            reader, sources=sources, since=question.since, limit=question.limit + 1
        )
        decided = newest[-question.limit :]
        found = Findings(rule=rule, events=len(decided), is_cut=len(decided) < len(newest))
        found.first = decided[0].at if decided else question.since
        _read_what_became(reader, found, question)
        _explain(reader, decided, found, rule if question.rules else None)
        return found


def _present(reader: Connection, name: str, question: Question) -> Rule:
    """The rule as it is now: that of the file that was named, else the one that was loaded last."""
    if question.rules:
        rules = read_rules(question.rules, Resolve.RULES).rules
        return chosen(rules, [name])[0]
    last = last_ruleset(reader)
    if last is None:
        raise ReactorError(f"the journal in {question.data_dir} never had any rules")
    found = _recorded(last.text, name)
    if found is None:
        raise unknown_rule(name, list(rules_in(last.text)))
    return found


def _recorded(text: str, name: str) -> Rule | None:
    try:
        return recorded_rule(text, name, ACTIONS)
    except ReactorError as fault:
        raise ReactorError(f"{fault}; name a rule file with --rules") from fault


def _read_what_became(reader: Connection, found: Findings, question: Question) -> None:
    """The evaluations, and beside them events that were not asked, and what waits."""
    name, since = found.rule.name, found.first if found.is_cut else question.since
    found.rows = [
        row
        for row in list_evaluations(reader, rule=name, since=since)
        if question.source in (None, row.source)
    ]
    if found.rule.sources and not question.source:
        found.others = unheard(reader, found.rule.sources, since)
    found.quarantined = [
        row
        for row in list_quarantined(reader)
        if row.poison.rule == name and (since is None or row.at >= since)
    ]
    found.kept, found.every = kept_by(reader, name, MOST_KEPT)


def _explain(
    reader: Connection, decided: Sequence[Decided], found: Findings, given: Rule | None
) -> None:
    """Decide anew what the journal has no evaluation of, and gather all it has of the last ones."""
    rules = _rules_of_then(reader, decided, found.rule.name, given)
    earlier = _earlier(reader, decided, rules.values())
    matched = set(map(_event_of, found.rows))
    last = {_event_of(rows[-1]) for rows in found.reasons.values()}
    seen: dict[tuple[str, str], tuple[Rule, Seen]] = {}
    for each in decided:
        rule, event = rules[each.ruleset], each.event
        record, key = earlier.record_of(event), (event.source, event.id)
        earlier.tell(event)
        if rule is None:
            found.before += 1
        elif key in last:
            seen[key] = rule, Seen(event, record, _part(reader, event, rule))
        elif key not in matched:
            _decide_anew(found, rule, event, record)
    for reason, rows in found.reasons.items():
        rule, what = seen.get(_event_of(rows[-1]), (found.rule, None))
        found.last[reason] = account_of(reader, rows[-1], rule, what)


def _rules_of_then(
    reader: Connection, decided: Sequence[Decided], name: str, given: Rule | None
) -> Mapping[str, Rule | None]:
    """The rule as each of the rule sets had it, None where it had none."""
    hashes = dict.fromkeys(each.ruleset for each in decided)
    if given:
        return dict.fromkeys(hashes, given)
    return {each: _recorded(ruleset_text(reader, each) or "", name) for each in hashes}


def _earlier(
    reader: Connection, decided: Sequence[Decided], rules: Iterable[Rule | None]
) -> Earlier:
    """What fields were before the first event of each source, as far as the rule asks for that."""
    earlier = Earlier(rule for rule in rules if rule)
    firsts = {each.event.source: each.event for each in reversed(decided)}
    for first in firsts.values() if earlier.is_asked else ():
        for event in events_before(reader, first, MOST_EARLIER):
            earlier.tell(event)
    return earlier


def _event_of(row: Evaluation) -> tuple[str, str]:
    return row.source, row.event_id


def _part(reader: Connection, event: Event, rule: Rule) -> Joined | None:
    parts = parts_of(reader, event.id, event.source)
    return next((part for part in parts if part.rule == rule.name), None)


def _decide_anew(found: Findings, rule: Rule, event: Event, record: Record) -> None:
    explanation = explain_rule(rule, event, record)
    if explanation.reason is None:
        found.seen.append(event)
    else:
        found.misses.tell(event, explanation)
