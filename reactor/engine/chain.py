"""The gates, chained in the order of rules.md §3: first the rule's own, then each action's.

A gate sees only what passed the gates before it. What one keeps goes on behind it, when its time
has come.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from reactor.engine import loop
from reactor.engine.draft import Draft
from reactor.engine.gates.after import after
from reactor.engine.gates.clock import heard_out, key_clock
from reactor.engine.gates.hours import closed, outside
from reactor.engine.gates.lasting import joins
from reactor.engine.gates.mode import admits
from reactor.engine.gates.said import Said
from reactor.engine.gates.sequel import begins
from reactor.engine.gates.throttle import throttle
from reactor.engine.normalize import canonical
from reactor.engine.passage import Passage, held, kept_in, watch_token
from reactor.model.gates import Gates, Phase
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.rule import ActionSpec, Rule

OVERFLOW = canonical("…")
"""Under it is remembered what no key of its own has room for."""

SAID_FOR = timedelta(hours=1)

Owner = ActionSpec | None
"""Whose gates: an action's, or the rule's own."""

Gate = Callable[[Draft, Passage, Owner], Said | None]
"""None where there is no such gate."""


def gates_of(rule: Rule, owner: Owner) -> Gates:
    """The gates of an action, or the rule's own."""
    return owner.gates if owner else rule.gates


def name_of(owner: Owner) -> str:
    """As memories have it: empty for the rule's own."""
    return owner.name if owner else ""


def _loop_guard(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    return None if owner else loop.guard(draft, passage)


def _lasting(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    gates = gates_of(passage.rule, owner)
    if gates.lasting is None or passage.event is None:
        return None
    key, mark = passage.own_memory_of("for", name_of(owner)), gates.mark("for")
    token = watch_token(passage.rule, passage.event, passage.key)
    memory = draft.recall(key, mark)
    at, kept = passage.own_at, held(passage)
    until = heard_out(passage.event, at)
    said = joins(gates.lasting, mark, memory, token=token, at=at, heard_out=until, held=kept)
    draft.remember(key, said.memory)
    return said


def _sequel(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    sequel = passage.rule.sequel
    if sequel is None or owner is not None:
        return None
    key, mark = passage.own_memory_of(sequel.gate), passage.rule.gates.mark(sequel.gate)
    before = draft.recall(key, mark)
    at = passage.own_at
    until = heard_out(passage.event, at) if passage.event else at
    said = begins(sequel, mark, before, at=at, heard_out=until, held=held(passage))
    if before is not None and said.reason is Reason.WAITING:  # the newer match waits instead
        draft.settle(passage.rule.name, None, kept_in(before), Reason.MERGED)
    draft.remember(key, said.memory)
    return said._replace(numbers={"gate": sequel.gate, **said.numbers})


def _after(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    gates = gates_of(passage.rule, owner)
    if gates.after is None:
        return None
    key, mark = passage.memory_of("after", name_of(owner)), gates.mark("after")
    said = after(gates.after, mark, draft.recall(key, mark), passage.at)
    draft.remember(key, said.memory)
    if said.reason is None:
        passage.count = gates.after.count
    return said


def _hours(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    gates = gates_of(passage.rule, owner)
    shut = closed(gates.hours, passage.at)
    if shut is None:
        return Said(None, None, {"gate": gates.hours[0].gate}) if gates.hours else None
    gate = gates.hours[0].gate  # of `during` and `not_during` together one match waits
    key = MemoryKey(passage.rule.name, name_of(owner), gate, passage.hours_slot)
    mark = gates.mark(gate)
    memory, event = draft.recall(key, mark), passage.event
    token = ""  # of what has no event, or is the end of an incident, nobody's doing is the end
    if event is not None and passage.phase is not Phase.RESOLVED:
        token = watch_token(passage.rule, event, passage.key)
    said = outside(shut, gates.hours, mark, memory, token=token, at=passage.at, held=held(passage))
    draft.remember(key, said.memory)
    return said._replace(numbers={"gate": shut.gate, **said.numbers})


def _silences(draft: Draft, passage: Passage, _: Owner) -> Said | None:
    for silence in draft.situation.silences:
        if silence.expires_at > draft.now and silence.match.evaluate(passage.record) is True:
            numbers = {"silence": silence.id, "comment": silence.comment}
            return Said(Reason.SILENCED, None, numbers)
    return None


def _throttle(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    gates = gates_of(passage.rule, owner)
    if gates.throttle is None:
        return None
    key, mark = passage.memory_of("throttle", name_of(owner)), gates.mark("throttle")
    said = throttle(gates.throttle, mark, draft.recall(key, mark), passage.at)
    draft.remember(key, said.memory)
    return said


def _mode(draft: Draft, passage: Passage, owner: Owner) -> Said | None:
    gates = gates_of(passage.rule, owner)
    if gates.mode is None:
        return None
    key, mark = passage.memory_of("mode", name_of(owner)), gates.mark("mode")
    said = admits(gates.mode, draft.recall(key, mark), held=held(passage))
    draft.remember(key, said.memory)
    return said


ORDER: tuple[tuple[str, Gate], ...] = (
    ("loop_guard", _loop_guard),
    ("for", _lasting),
    ("then", _sequel),
    ("after", _after),
    ("during", _hours),
    ("silence", _silences),
    ("throttle", _throttle),
    ("mode", _mode),
)
"""Each gate by the name of its verdict; `not_then` and `absent` stand where `then` does, and
`not_during` where `during` does."""

_PLACES = {name: place for place, (name, _) in enumerate(ORDER)}
_PLACES |= {"not_then": _PLACES["then"], "absent": _PLACES["then"]}
_PLACES |= {"not_during": _PLACES["during"]}

RESOLVING = tuple(each for each in ORDER if each[0] in ("during", "silence"))
"""The gates that the end of an incident comes to: it happens once, and is not to be counted."""


def held_by(draft: Draft, passage: Passage, owner: Owner, behind: str | None) -> Reason | None:
    """Why the match is held back by the gates that are still to come, `behind` one that kept it, if
    it is."""
    if _is_free(draft, passage, owner):
        return None
    first = 0 if behind is None else _PLACES[behind] + 1
    return said_no(draft, passage, owner, ORDER[first:])


def _is_free(draft: Draft, passage: Passage, owner: Owner) -> bool:
    """Whether no gate can have anything to say: most have none before them, and need not ask."""
    rule, situation = passage.rule, draft.situation
    if passage.cause or situation.silences:
        return False
    if rule.name not in situation.rules.remembering:
        return True
    return not (gates_of(rule, owner).remember or (rule.sequel and owner is None))


def said_no(
    draft: Draft, passage: Passage, owner: Owner, gates: tuple[tuple[str, Gate], ...]
) -> Reason | None:
    """Why it is held back by these, if it is; what each says goes down in the passage."""
    for name, gate in gates:
        said = gate(draft, passage, owner)
        if said is not None:
            verdict = {
                "gate": name,
                "action": name_of(owner) or None,
                "reason": said.reason,
                **said.numbers,
            }
            passage.gates = (*passage.gates, verdict)
            if said.reason is not None:
                return said.reason
    return None


def at_its_key(draft: Draft, passage: Passage) -> Passage:
    """The passage with its place in the memories of the rule, and at the key's time, which never
    goes back."""
    if passage.rule.name not in draft.situation.rules.remembering:
        return passage
    bound(draft, passage)
    told = passage.at
    passage.at = passage.own_at = _latest(draft, passage.memory_of("clock"), told)
    if passage.own != passage.slot and passage.rule.name in draft.situation.rules.by_subject:
        passage.own_at = _latest(draft, passage.own_memory_of("clock"), told)
    return passage


def bound(draft: Draft, passage: Passage) -> None:
    """A rule that has too many keys lets further ones share one memory, and says so."""
    rule, memory = passage.rule.name, draft.situation.memory
    if memory.keys_of(rule) < draft.situation.most_keys:
        return
    is_known = [memory.has_key(rule, each) for each in (passage.slot, passage.own)]
    if all(is_known):
        return
    passage.slot = passage.slot if is_known[0] else OVERFLOW
    passage.own = passage.own if is_known[1] else OVERFLOW
    key = MemoryKey("", "", "full", rule)
    if draft.recall(key) is None:
        draft.remember(key, MemoryEntry("", {}, draft.now + SAID_FOR))
        draft.notices.append(
            f"rule '{rule}' remembers {draft.situation.most_keys} keys of its group_by, and all "
            "further ones share one memory: their throttles and timers act together"
        )


def _latest(draft: Draft, key: MemoryKey, at: datetime) -> datetime:
    before = draft.recall(key)
    at, entry = key_clock(before, at)
    draft.remember(key, before if entry is None else entry)
    return at
