"""Events, hold-backs and lists in words that need no knowledge of reactor. Pure."""

from collections import Counter
from collections.abc import Mapping

from reactor.duration import format_duration
from reactor.engine.normalize import record_of
from reactor.model.event import Event
from reactor.model.gates import Rate
from reactor.model.match import Reason
from reactor.model.rule import Ruleset


def described(event: Event) -> str:
    """An event: "container web-1 of service web: Stopped, exit code 7", or without the names
    "container Stopped"."""
    fields = record_of(event).fields
    kind = str(fields.get("type", "a frame without type"))
    container, service = _object(fields, "container"), _object(fields, "service")
    what = f"new {kind}" if fields.get("action") == "create" else kind
    who = " ".join(
        [
            *_named(_object(fields, kind).get("name")),
            *(_named("of service", service.get("name")) if kind == "container" else ()),
        ]
    )
    code = container.get("exit_code") if fields.get("state") == "Stopped" else None
    told = f"{what} {who}:" if who else what
    return f"{told} {_state(fields)}" + (f", exit code {code}" if code is not None else "")


def _state(fields: Mapping[str, object]) -> object:
    docker = _object(fields, "docker").get("Action")
    return fields.get("state") or docker or fields.get("action") or "no state"


def _named(*words: object) -> list[str]:
    """The words, if there is a name among them."""
    return [str(word) for word in words] if words[-1] else []


def _object(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def listed(counted: Counter[str]) -> str:
    """Things with how often each was there: "service Redeploying, 3x container Terminating"."""
    return ", ".join(
        words if number == 1 else f"{number}x {words}" for words, number in counted.items()
    )


def because(ruleset: Ruleset, rule: str, action: str, reason: Reason) -> str:
    """Why an action of a rule was held back, with the numbers."""
    if reason is Reason.THROTTLED:
        rate = _throttle(ruleset, rule, action)
        return f"throttled, no more than {_rate(rate)}" if rate else "throttled"
    return WHY[reason]


WHY: Mapping[Reason, str] = {
    Reason.BELOW_COUNT: "it did not happen often enough yet (`after`)",
    Reason.WAITING: "it waits, and is decided when its time has come",
    Reason.OUTSIDE_TIME: "it is not the time for it (`during`, `not_during`)",
    Reason.SILENCED: "somebody silenced it",
    Reason.INCIDENT: "it was told of this incident already (`when`)",
    Reason.IF_FALSE: "its own `if` is not true for this event",
    Reason.MODE: "one like it is under way (`mode`)",
    Reason.SHADOW: "in the shadow (shadow: true): decided and recorded, not sent",
    Reason.LOOP_GUARD: "it would fire on its own consequences without end",
    Reason.ENDED: "it was over before its time had come",
    Reason.MERGED: "one like it waits already",
    Reason.EXPIRED: "what it waited for did not come",
}
"""Why a match was held back, but for throttles, which have numbers."""


def _throttle(ruleset: Ruleset, rule: str, action: str) -> Rate | None:
    """The action's own, else that of its rule."""
    for each in ruleset.rules:
        for spec in each.actions:
            if (each.name, spec.name) == (rule, action):
                return spec.gates.throttle or each.gates.throttle
    return None


def _rate(rate: Rate) -> str:
    return f"{rate.count} per {format_duration(rate.per)}"
