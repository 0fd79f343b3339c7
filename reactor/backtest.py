"""What rules would have fired on the recorded inputs of the journal: the live deciding on a virtual
clock. No socket is opened, and no row is changed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from reactor.decider import Decider
from reactor.engine.compiled import CompiledRules
from reactor.engine.inputs import read
from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.events import one
from reactor.journal.inputs import inputs_since
from reactor.model.delivery import Delivery
from reactor.model.event import Event
from reactor.model.gates import Gates
from reactor.model.journal import Input, InputKind
from reactor.model.protocols import ActionType
from reactor.model.rule import Rule, Ruleset
from reactor.model.secret import masked
from reactor.model.signal import DeliveryEnded, Rechecked, Signal
from reactor.model.silence import Silence

LONGEST_RUN_UP = timedelta(days=7)
"""How much earlier than asked a run begins at most, for the windows and timers of then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """One firing. `id` is that of its delivery, `text` what it says. `event_id` is empty for what a
    timer fired without an event."""

    id: str
    rule: str
    action: str
    event_id: str
    at: datetime
    text: str


def firing_of(delivery: Delivery) -> Firing:
    """What a delivery tells of the firing that made it."""
    body = masked(delivery.request.body) or (delivery.request.shown_url or "")
    return Firing(
        id=delivery.id,
        rule=delivery.rule,
        action=delivery.action,
        event_id=delivery.event_id,
        at=delivery.created_at,
        text=f"{delivery.request.method} {body}".strip(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a journal has: who asks for `inputs` gets them oldest first, each time anew. `ended` are
    the deliveries of which it has the end, `gone` the inputs of which the event is not kept."""

    journal: Connection
    silences: Mapping[str, Silence]
    ended: frozenset[str] = frozenset()
    gone: list[int] = field(default_factory=list)

    def inputs(self, since: datetime) -> Iterator[tuple[Input, Event | Signal | None]]:
        """Each input with what it was; None for what the rules of now decide by themselves, and for
        silences."""
        for entry in inputs_since(self.journal, since):
            if entry.kind is not InputKind.EVENT:
                yield entry, read(entry)
            elif event := one(self.journal, entry.source, entry.event_id):
                yield entry, event
            else:
                self.gone.append(entry.sequence)

    def event(self, source: str, event_id: str) -> Event | None:
        """One event."""
        return one(self.journal, source, event_id)


def run_up(ruleset: Ruleset) -> timedelta:
    """How far back what these rules remember can reach."""
    spans = [span for rule in ruleset.rules for span in _spans(rule)]
    return min(max(spans, default=timedelta()), LONGEST_RUN_UP)


def _spans(rule: Rule) -> Iterator[timedelta]:
    yield from (span for span in (rule.absent, rule.sequel and rule.sequel.within) if span)
    for gates in (rule.gates, *(action.gates for action in rule.actions)):
        yield from _spans_of(gates)


def _spans_of(gates: Gates) -> Iterator[timedelta]:
    if gates.lasting:
        yield gates.lasting
    if gates.after:
        yield gates.after.within
    if gates.throttle:
        yield gates.throttle.per
    if gates.hours:
        yield timedelta(days=1)


def backtest(
    ruleset: Ruleset,
    actions: Mapping[str, ActionType],
    recorded: Recorded,
    since: datetime,
    on_input: Callable[[], None] = lambda: None,
) -> Iterator[Firing]:
    """What `ruleset` fires on what was recorded since `since`; it sees what was a while before as
    well. `on_input` is called at each input, for progress."""
    course = _Course(ruleset, actions, recorded)
    for entry, taken in recorded.inputs(since - run_up(ruleset)):
        on_input()
        made = course.take(entry, taken)
        yield from (firing_of(each) for each in made if entry.decided_at >= since)


class _Course:
    """The rules, going along with the inputs."""

    def __init__(
        self, ruleset: Ruleset, actions: Mapping[str, ActionType], recorded: Recorded
    ) -> None:
        self._recorded = recorded
        self._decider = Decider(
            CompiledRules(ruleset),
            actions,
            {},
            0,
            since=datetime.min.replace(tzinfo=UTC),
            event_of=recorded.event,
        )
        self._moded = frozenset(rule.name for rule in ruleset.rules if _has_mode(rule))
        self._is_loaded = False

    def take(self, entry: Input, taken: Event | Signal | None) -> list[Delivery]:
        """The deliveries of one input, and of the timers that come due before it."""
        now = entry.decided_at
        if not self._is_loaded:
            self._load(now)
        if (
            entry.kind is InputKind.RULESET
        ):  # a start, or a reload: by itself it lets nothing come due
            return []
        if entry.kind is InputKind.SILENCES:
            self._silence(entry.detail)
        return self._decide([] if taken is None else [(taken, now)], now)

    def _load(self, now: datetime) -> None:
        """From here on the rules are there."""
        self._is_loaded = True
        rules = self._decider.rules
        self._decider.adopt(rules, self._decider.adoption(rules, frozenset(), now))

    def _silence(self, detail: Mapping[str, object] | None) -> None:
        ids = (detail or {}).get("ids")
        known = self._recorded.silences
        found = (known.get(str(each)) for each in ids) if isinstance(ids, list) else ()
        self._decider.silence(tuple(each for each in found if each))

    def _decide(
        self, moments: Iterable[tuple[Event | Signal, datetime]], now: datetime
    ) -> list[Delivery]:
        conclude = partial(
            self._decider.conclude, Batch(), unlooked=(), now=now, until=(now, False)
        )
        conclusion = conclude(moments=list(moments))
        self._decider.remember(conclusion.batch)
        made = list(conclusion.batch.deliveries)
        for each in conclusion.rechecks:  # what was learned then is known of rules of then only
            made += self._decide([(Rechecked(each.key, None), now)], now)
        for delivery in conclusion.batch.deliveries:
            # How long one would have taken that was not made, nobody knows: no time.
            if delivery.rule in self._moded and delivery.id not in self._recorded.ended:
                ended = DeliveryEnded(delivery.id, delivery.source)
                made += self._decide([(ended, now)], now)
        return made


def _has_mode(rule: Rule) -> bool:
    return any(gates.mode for gates in (rule.gates, *(each.gates for each in rule.actions)))
