"""Deciding: what an event means under the rules, as evaluations, deliveries and changed memory.

Pure (docs/architecture.md): the same event, rules, memory and `now` always give the same decision.
What else is decided, when a timer comes due or a delivery ends, is in `engine.later`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from reactor.engine import loop
from reactor.engine.chain import at_its_key, bound
from reactor.engine.compiled import CompiledRules
from reactor.engine.condition import reason_of
from reactor.engine.draft import NOTHING, Decision, Draft, Situation
from reactor.engine.firing import close, enter, go_on
from reactor.engine.gates.absent import is_later, seen, seen_again
from reactor.engine.gates.clock import event_clock, heard_out
from reactor.engine.gates.lasting import leaves
from reactor.engine.gates.sequel import follows_in_time
from reactor.engine.links import is_counting
from reactor.engine.normalize import canonical, record_of
from reactor.engine.operators import both
from reactor.engine.passage import (
    Cause,
    Passage,
    held,
    kept_in,
    key_values,
    passage_of,
    subject_token,
    watch_token,
)
from reactor.engine.previous import track, with_previous
from reactor.model.event import Event, Record
from reactor.model.match import Reason, Truth
from reactor.model.memory import MemoryKey
from reactor.model.rule import ActionSpec, Rule

Watchers = Mapping[str, Sequence[MemoryKey]]
"""By rule the memories that wait for what a subject does next."""


def decide(event: Event, situation: Situation, now: datetime) -> Decision:
    """Every rule on one event, in file order."""
    draft = Draft(situation, now)
    record = with_previous(draft, event, record_of(event))
    watchers = _watchers(draft, event, record)
    concerned = _concerned(situation.rules, event, record, watchers)
    if not (concerned or situation.rules.tracked):  # so it is with most events
        return NOTHING
    cause = loop.cause_of(draft, event)
    for rule, may_match in concerned:
        for key in watchers.get(rule.name, ()):
            _leave_unless_true(draft, rule, key, event, record)
        _follow(draft, rule, event, record)
        if not (may_match and _match(draft, rule, event, record, cause)):
            _resolve(draft, rule, event, record)
    track(draft, event, record)
    return draft.done()


def _watchers(draft: Draft, event: Event, record: Record) -> Watchers:
    memory = draft.situation.memory
    if not (memory.of_gate("for") or memory.of_gate("during") or memory.of_gate("not_during")):
        return {}
    found: dict[str, list[MemoryKey]] = {}
    for token in dict.fromkeys(_tokens(draft.situation.rules, event, record)):
        for key in memory.watching(token):
            found.setdefault(key.rule, []).append(key)
    return found


def _tokens(rules: CompiledRules, event: Event, record: Record) -> Iterator[str]:
    """What memories may know the event by."""
    yield subject_token(event)
    if event.subject == event.source:  # it names no subject: then its keys tell
        yield from (_token(rule, event, record) for rule in rules.watching)


def _token(rule: Rule, event: Event, record: Record) -> str:
    return watch_token(rule, event, canonical(key_values(rule, record)))


def _concerned(
    rules: CompiledRules, event: Event, record: Record, watchers: Watchers
) -> Sequence[tuple[Rule, bool]]:
    """The rules that the event may mean something to, in file order, and whether their `match`
    may hold."""
    possible = rules.possible(event.source, record)
    others = (*rules.followed(event.source, record), *rules.resolved(event.source, record))
    if not others and not watchers:
        return [(rule, True) for rule in possible]
    names = {rule.name for rule in possible}
    every = names | {rule.name for rule in others} | watchers.keys()
    known = [rule for name in every if (rule := rules.rule(name))]
    known.sort(key=lambda each: rules.position(each.name))
    return [(rule, rule.name in names) for rule in known]


def _match(draft: Draft, rule: Rule, event: Event, record: Record, cause: Cause | None) -> bool:
    """Whether it does match; then the gates have it."""
    # Without anything unknown what is possible is so.
    missed = miss(rule, event, record) if record.unknown else _held_back(rule, record)
    if missed is Reason.LOOKUP_FAILED:
        draft.undecided.append(rule.name)
    if missed is not None:
        return False
    passage = at_its_key(draft, passage_of(rule, event, record, event_clock(event)))
    passage.cause = cause
    if rule.absent is None:
        enter(draft, passage)
    else:
        _seen(draft, passage, event)
    return True


def _seen(draft: Draft, passage: Passage, event: Event) -> None:
    """What must not stay away is there."""
    rule, key = passage.rule, passage.memory_of("absent")
    if rule.absent is None:
        return
    mark, counts, kept = rule.gates.mark("absent"), is_counting(draft, rule), held(passage)
    before = draft.recall(key, mark)
    if before is not None and not is_later(before, passage.at):
        draft.remember(key, seen_again(before, kept))
    else:
        within = max(rule.absent, heard_out(event, passage.at) - passage.at)
        draft.remember(key, seen(within, mark, at=passage.at, held=kept, is_counting=counts))


def miss(rule: Rule, event: Event, record: Record) -> Reason | None:
    """Why `rule` does not match, or None if it does."""
    if not rule.enabled:
        return Reason.DISABLED
    if rule.sources is not None and event.source not in rule.sources:
        return Reason.OTHER_SOURCE
    truth = rule.match.evaluate(record)
    if truth is not True:
        return reason_of(truth, rule.match, record)
    return _held_back(rule, record)


def _held_back(rule: Rule, record: Record) -> Reason | None:
    """Why `unless` holds back a rule whose `match` is true, or None if it does not."""
    held_back = rule.unless is not None and rule.unless.evaluate(record)
    if held_back is None:  # there a field that does not exist is false: what is left is a lookup
        return Reason.LOOKUP_FAILED
    return Reason.CONDITION_FALSE if held_back else None


def truth_of(rule: Rule, action: ActionSpec | None, record: Record) -> Truth:
    """Whether a record matches: `match`, `unless`, and for an action its `if`."""
    parts = [rule.match.evaluate(record)]
    if rule.unless is not None:
        held_back = rule.unless.evaluate(record)
        parts.append(None if held_back is None else not held_back)
    if action is not None and action.condition is not None:
        parts.append(action.condition.evaluate(record))
    return both(parts)


def _leave_unless_true(
    draft: Draft, rule: Rule, key: MemoryKey, event: Event, record: Record
) -> None:
    """A subject that is waited for: true stays, false leaves, unknown changes nothing."""
    action = next((each for each in rule.actions if each.name == key.action), None)
    memory = draft.recall(key)
    if memory is None or truth_of(rule, action, record) is not False:
        return
    left = leaves(memory, _token(rule, event, record))
    draft.remember(key, left)
    if left is not None:
        return
    if kept := kept_in(memory):
        draft.settle(rule.name, key.action or None, kept, Reason.ENDED)
    elif key.gate == "for" and not key.action:
        close(draft, rule, key.key, event, record)


def _follow(draft: Draft, rule: Rule, event: Event, record: Record) -> None:
    """The event may be what `then` or `not_then` waits for."""
    sequel = rule.sequel
    if sequel is None or sequel.match.evaluate(record) is not True:
        return
    passage = at_its_key(draft, passage_of(rule, event, record, event_clock(event)))
    key = passage.own_memory_of(sequel.gate)
    memory = draft.recall(key, rule.gates.mark(sequel.gate))
    if memory is None or not follows_in_time(memory, passage.own_at):
        return
    draft.remember(key, None)
    if sequel.comes:
        go_on(draft, rule, key, kept_in(memory), passage.own_at)
    else:
        draft.settle(rule.name, None, kept_in(memory), Reason.ENDED)


def _resolve(draft: Draft, rule: Rule, event: Event, record: Record) -> None:
    """The event may close the incident of its key; then what lasted may begin again. An event that
    matches does not end what it belongs to."""
    if rule.resolve is None or rule.resolve.evaluate(record) is not True:
        return
    passage = passage_of(rule, event, record, event_clock(event))
    bound(draft, passage)
    own = passage.own
    close(draft, rule, own, event, record)
    lasting = MemoryKey(rule.name, "", "for", own)
    memory = draft.recall(lasting)
    if memory is not None and memory.due_at is None and not kept_in(memory):
        draft.remember(lasting, None)
