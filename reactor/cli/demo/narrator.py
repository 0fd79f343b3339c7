"""Tells the demo's story to somebody who never saw reactor: what happened, what it did, and why."""

from collections import Counter
from collections.abc import Callable, Mapping

from reactor.delivery.retry import Decision
from reactor.duration import format_duration
from reactor.engine.normalize import record_of
from reactor.model.delivery import Attempt, Delivery, Move
from reactor.model.event import Event
from reactor.model.journal import Counts
from reactor.model.match import Evaluation, Reason
from reactor.model.rule import ActionSpec, Rate, Rule, Ruleset
from reactor.pipeline import Committed


class Narrator:
    """Writes a line for each event, decision, delivery and message; `tell` must not block."""

    def __init__(self, ruleset: Ruleset, tell: Callable[[str], None]) -> None:
        self._rules = {rule.name: rule for rule in ruleset.rules}
        self._tell = tell

    def committed(self, committed: Committed) -> None:
        """Each event, and beneath it what the rules made of it."""
        for event in committed.events:
            self._tell(f"event      {event.source}: {described(event)}")
            for row in committed.evaluations:
                if (row.source, row.event_id) == (event.source, event.id):
                    self._tell(f"  {self._decided(row)}")
        for rejection in committed.rejections:
            self._tell(f"refused    a frame of {rejection.source}: {rejection.reason}")

    def _decided(self, row: Evaluation) -> str:
        name = f"{row.rule} → {row.action}"
        if row.reason is Reason.FIRED:
            return f"fired      {name}"
        rule = self._rules[row.rule]
        action = next(action for action in rule.actions if action.name == row.action)
        return f"held back  {name}: {_because(row.reason, rule, action)}"

    def attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        """A delivery that did not go through; the receiver itself tells of the others."""
        if decision.move is not Move.SUCCEED:
            self._tell(f"failed     {delivery.rule} → {delivery.action}: {attempt.detail}")


def described(event: Event) -> str:
    """An event in words: "container shop-web-1 of service web: Stopped, exit code 7"."""
    fields = record_of(event).fields
    container, docker = _object(fields, "container"), _object(fields, "docker")
    what = str(fields.get("type", "a frame without type"))
    name, service = container.get("name"), _object(fields, "service").get("name")
    who = (f" {name}" if name else "") + (f" of service {service}" if service else "")
    state = fields.get("state") or docker.get("Action") or fields.get("action") or "no state"
    code = container.get("exit_code")
    return f"{what}{who}: {state}" + (f", exit code {code}" if code is not None else "")


def _object(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _because(reason: Reason, rule: Rule, action: ActionSpec) -> str:
    """Why it was held back, with the numbers."""
    if reason is Reason.THROTTLED:
        rate = action.throttle or rule.throttle
        return f"throttled, no more than {_rate(rate)}" if rate else "throttled"
    if reason is Reason.IF_FALSE:
        return "its own `if` is not true for this event"
    return "in the shadow (shadow: true): decided and recorded, not sent"


def _rate(rate: Rate) -> str:
    return f"{rate.count} per {format_duration(rate.per)}"


def summary(counts: Counts) -> list[str]:
    """The totals of the journal as sentences."""
    events = ", ".join(f"{number} from {source}" for source, number in counts.events.items())
    reasons = Counter[Reason]()
    for (_, _, reason), number in counts.evaluations.items():
        reasons[reason] += number
    held = ", ".join(
        f"{number} {reason}" for reason, number in reasons.items() if reason is not Reason.FIRED
    )
    states = ", ".join(f"{number} {state}" for state, number in counts.deliveries.items())
    return [
        f"events       {sum(counts.events.values())} ({events or 'none'})",
        f"matches      {reasons.total()} = {reasons[Reason.FIRED]} fired"
        + (f" + {reasons.total() - reasons[Reason.FIRED]} held back ({held})" if held else ""),
        f"deliveries   {sum(counts.deliveries.values())} ({states or 'none'})",
    ]
