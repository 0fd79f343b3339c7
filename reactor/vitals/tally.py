"""What happened since the start, and by which rules. What the journal keeps is not kept twice."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain

from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Delivery, Move, State, next_state
from reactor.model.protocols import ActionType
from reactor.model.rule import Ruleset
from reactor.observe.rate import LastMinute
from reactor.observe.tallies import Tallies
from reactor.transaction import Committed

_OUTCOMES = {move: str(next_state(State.RUNNING, move)) for move in Move}
"""What an attempt that ends with a move leaves behind."""


class Tally:
    """Told by several threads and asked by others. `monotonic` is in seconds.

    `events` and `attempts` are those of the last minute, `adopted_at` is when the present rules
    were taken up, `is_current` whether nothing newer was read and found wrong since.
    """

    def __init__(
        self, ruleset: Ruleset, now: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._now = now
        self.since = now()
        self.tallies = Tallies()
        self.events, self.attempts = LastMinute(monotonic), LastMinute(monotonic)
        self._last_events: dict[str, datetime] = {}
        self.adopt(ruleset)

    def adopt(self, ruleset: Ruleset) -> None:
        """These are the rules from now on."""
        self.ruleset, self.adopted_at, self.is_current = ruleset, self._now(), True
        self.tallies.keep({"source": ruleset.sources.keys(), "destination": lanes(ruleset)})

    def refuse_reload(self) -> None:
        """A newer rule file was wrong: the rules stay."""
        self.is_current = False

    def committed(self, committed: Committed) -> None:
        """A transaction of the pipeline stands."""
        self.events.count(len(committed.events))
        for event in chain(committed.accepted, committed.events):
            self._last_events[event.source] = event.received_at
            if event.data.get("type") == "gap":
                self.tallies.count("reactor_events_gaps_total", event.source)

    def attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        """An attempt has ended."""
        self.attempts.count(1)
        lane, ended = delivery.lane, attempt.ended_at
        self.tallies.count("reactor_deliveries_total", lane, _OUTCOMES[decision.move])
        took = (ended - attempt.started_at).total_seconds()
        self.tallies.measure("reactor_delivery_seconds", took, lane)
        if decision.move is Move.SUCCEED:
            since = (ended - delivery.promised_at).total_seconds()
            self.tallies.measure("reactor_event_to_delivery_seconds", since)

    def last_events(self) -> Mapping[str, datetime]:
        """When the last event of each source of the present rules was received."""
        return {
            source: at
            for source, at in self._last_events.copy().items()
            if source in self.ruleset.sources
        }


def lanes(ruleset: Ruleset) -> frozenset[str]:
    """Every lane that a delivery of these rules can have (see Delivery)."""
    inline = (f"{rule.name}/{action.name}" for rule in ruleset.rules for action in rule.actions)
    calls = (f"source:{name}" for name in ruleset.sources)
    return frozenset(chain(ruleset.destinations, calls, inline))


def addressed(ruleset: Ruleset, actions: Mapping[str, ActionType]) -> frozenset[str]:
    """The lanes of the destinations and addresses that these rules send to at present."""
    return frozenset(
        action.destination or f"{rule.name}/{action.name}"
        for rule in ruleset.rules
        for action in rule.actions
        if rule.enabled and action.enabled and not (rule.shadow or action.shadow)
        if actions[action.type].destination_types
    )
