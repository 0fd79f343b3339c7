"""Events that are explained, each with the rules that it is explained by and what the journal has
of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

import typer

from reactor.actions import ACTIONS
from reactor.cli.accounts import Account
from reactor.cli.output import talk
from reactor.cli.places import read_rules, rules_path
from reactor.cli.trial import event_in
from reactor.config.node import did_you_mean
from reactor.config.recorded import recorded_rules
from reactor.config.ruleset import Resolve
from reactor.duration import format_time
from reactor.engine.earlier import Earlier
from reactor.engine.explain import explain
from reactor.engine.nearest import Explanation, explain_rule
from reactor.engine.normalize import record_of
from reactor.journal.database import Connection, open_reader
from reactor.journal.deliveries import attempts_of, get
from reactor.journal.evaluations import evaluations_of
from reactor.journal.events import namesakes
from reactor.journal.history import events_before, kept_since, parts_of
from reactor.journal.quarantine import find_quarantined
from reactor.journal.rulesets import text_behind
from reactor.journal.silences import list_silences
from reactor.journal.standing import last_ruleset
from reactor.model.errors import ReactorError
from reactor.model.event import Event, Record
from reactor.model.incident import Joined
from reactor.model.match import Evaluation, Reason
from reactor.model.quarantine import Quarantined
from reactor.model.rule import ActionSpec, Rule
from reactor.model.silence import StoredSilence

MOST_EARLIER = 10_000
"""Events that are looked through for what a field was before."""

MOST_LISTED = 10
"""Rules that are listed when none is called as asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An event, what rules saw of it, and the rules to explain it by, which are those that decided
    it if it `is_decided`. By rule, `accounts`
    are what the journal has of its matches, and `parts` what it was to incidents; `quarantined` is
    why it could not be decided."""

    event: Event
    record: Record
    rules: tuple[Rule, ...]
    is_decided: bool = False
    accounts: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)
    parts: Mapping[str, tuple[Joined, ...]] = field(default_factory=dict)
    quarantined: Quarantined | None = None

    def explain(self, rule: Rule) -> Explanation:
        """What the rule says of the event, or that it cannot be decided. What the journal has of it
        is not open to question."""
        explained = explain_rule(rule, self.event, self.record)
        if self.is_decided and rule.name in self.accounts:
            return replace(explained, reason=None)
        poison = self.quarantined.poison if self.quarantined else None
        if poison is None or poison.rule != rule.name:
            return explained
        return replace(explained, reason=Reason.CONDITION_ERROR)


def case_in(path: str, rules: Path | None, names: list[str], source: str | None) -> Case:
    """The event that a file holds. Unless it is told, it is of a source that the rules listen to,
    as with `fire`."""
    ruleset = read_rules(rules_path(rules), Resolve.RULES)
    heard = (name for each in chosen(ruleset.rules, names) for name in each.sources or ())
    likely = next(chain(heard, ruleset.sources), "explain")
    event = event_in(path, source or likely)
    return Case(event=event, record=record_of(event), rules=ruleset.rules)


def cases_of(event_id: str, rules: Path | None, data_dir: Path, source: str | None) -> list[Case]:
    """The events of the journal with this id, one of each source that has one. Raises ReactorError
    where there is none."""
    given = read_rules(rules, Resolve.RULES).rules if rules else None
    with closing(open_reader(data_dir)) as reader:
        found = [event for event in namesakes(reader, event_id) if source in (None, event.source)]
        if not found:
            raise ReactorError(_absent(reader, event_id, source, data_dir))
        return [_case(reader, event, given) for event in found]


def _absent(reader: Connection, event_id: str, source: str | None, data_dir: Path) -> str:
    """That there is no such event, and why that may be."""
    of_source = f" of source '{source}'" if source else ""
    since = kept_since(reader)
    kept = f"its events go back to {format_time(since)}" if since else "it has no event"
    return (
        f"there is no event '{event_id}'{of_source} in the journal in {data_dir} ({kept}; `keep` "
        "says for how long), and no file of that name"
    )


def _case(reader: Connection, event: Event, given: tuple[Rule, ...] | None) -> Case:
    """By the rules that are given, else by those that decided the event, or will."""
    text = text_behind(reader, event.id, event.source) if given is None else None
    rules = _rules_behind(reader, event, text) if given is None else given
    aside = {row.source: row for row in find_quarantined(reader, event.id)}
    record = _record(reader, event, rules)
    parts = _by_rule(parts_of(reader, event.id, event.source), lambda part: part.rule)
    accounts = _accounts(reader, event, record, rules, parts)
    return Case(
        event=event,
        record=record,
        rules=rules,
        is_decided=text is not None,
        accounts=_by_rule(accounts, lambda account: account.row.rule),
        parts=parts,
        quarantined=aside.get(event.source),
    )


def _rules_behind(reader: Connection, event: Event, text: str | None) -> tuple[Rule, ...]:
    """Raises ReactorError when they cannot be had."""
    if text is None and (last := last_ruleset(reader)):
        talk(f"event {event.id} is not decided yet: explained by the rules that were loaded last")
        text = last.text
    try:
        return recorded_rules(text or "rules: []", ACTIONS)
    except ReactorError as fault:
        raise ReactorError(f"{fault}; name a rule file with --rules") from fault


T = TypeVar("T")


def _by_rule(things: Iterable[T], rule_of: Callable[[T], str]) -> Mapping[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for each in things:
        found.setdefault(rule_of(each), []).append(each)
    return {rule: tuple(each) for rule, each in found.items()}


def _record(reader: Connection, event: Event, rules: tuple[Rule, ...]) -> Record:
    """What rules saw of it, with what fields were before, as far as they ask for that."""
    earlier = Earlier(rules)
    if earlier.is_asked:
        for each in events_before(reader, event, MOST_EARLIER):
            earlier.tell(each)
    return earlier.record_of(event)


def _accounts(
    reader: Connection,
    event: Event,
    record: Record,
    rules: tuple[Rule, ...],
    parts: Mapping[str, tuple[Joined, ...]],
) -> Iterator[Account]:
    known = {rule.name: rule for rule in rules}
    for row in evaluations_of(reader, event.id, event.source):
        part = next(iter(parts.get(row.rule, ())), None)
        yield account_of(reader, row, known.get(row.rule), Seen(event, record, part))


@dataclass(frozen=True, slots=True)
class Seen:
    """An event, what rules saw of it, and what it was to the incident of one of them."""

    event: Event
    record: Record
    part: Joined | None


def account_of(
    reader: Connection, row: Evaluation, rule: Rule | None, seen: Seen | None
) -> Account:
    """What the journal has of one evaluation, by the rule of then. `seen` is None where a timer
    fired without an event."""
    action = _action(rule, row.action)
    condition = action.condition if action else None
    asked = explain(condition, seen.record, seen.event.unknown) if condition and seen else None
    return Account(
        row=row,
        action=action,
        rule_is_shadow=rule is not None and rule.shadow,
        condition=asked,
        part=seen.part if seen else None,
        silences=_silences(reader, row),
        delivery=get(reader, row.delivery_id) if row.delivery_id else None,
        attempts=attempts_of(reader, row.delivery_id) if row.delivery_id else (),
    )


def _action(rule: Rule | None, name: str) -> ActionSpec | None:
    return next((each for each in rule.actions if each.name == name), None) if rule else None


def _silences(reader: Connection, row: Evaluation) -> Mapping[str, StoredSilence]:
    """Those that its gates name."""
    named = {verdict.get("silence") for verdict in row.gates} - {None}
    return {each.id: each for each in list_silences(reader) if each.id in named} if named else {}


def chosen(rules: tuple[Rule, ...], names: list[str]) -> tuple[Rule, ...]:
    """The rules of these names, in the order of the file; all of them if there are no names. Raises
    BadParameter where one is missing."""
    known = [rule.name for rule in rules]
    for name in names:
        if name not in known:
            raise unknown_rule(name, known)
    return tuple(rule for rule in rules if not names or rule.name in names)


def unknown_rule(name: str, known: list[str]) -> typer.BadParameter:
    """That no rule is called so, and which one may be meant."""
    near = did_you_mean(name, known) or f"there are {_listed(known)}"
    return typer.BadParameter(f"there is no rule '{name}'; {near}", param_hint="--rule")


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_LISTED
    listed = ", ".join(f"'{name}'" for name in names[:MOST_LISTED]) or "none"
    return f"{listed} and {more} more" if more > 0 else listed
