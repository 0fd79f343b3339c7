"""What gates said of a match, in words for people: the numbers that they went by."""

from collections.abc import Callable, Mapping
from datetime import datetime

from reactor.duration import parse_time
from reactor.model.match import Verdict


def gate_words(verdict: Verdict, at: datetime) -> str:
    """A verdict with the name of its gate: "after: 2 of 3 within 10m, window ends 12:04:10".

    Moments on the day of `at`, UTC, are shown without their date.
    """
    return f"{verdict['gate']}: {numbers_in_words(verdict, at)}"


def numbers_in_words(verdict: Verdict, at: datetime) -> str:
    """The same without the name."""

    def clock(name: str) -> str:
        return _clock(verdict.get(name), at)

    if "at" in verdict:  # the gate had kept the match
        return f"went on at {clock('at')}"
    return _WORDS[str(verdict["gate"])](verdict, clock)


Clock = Callable[[str], str]
"""The moment of this name in the verdict, in words."""


def _clock(moment: object, at: datetime) -> str:
    found = parse_time(moment) if isinstance(moment, str) else None
    return "never" if found is None else moment_words(found, at)


def moment_words(moment: datetime, at: datetime) -> str:
    """The time of day to the second, UTC, with what is finer only where there is something, and the
    date where it is not that of `at`."""
    text = moment.isoformat(sep=" ", timespec="milliseconds")[:23].removesuffix(".000")
    return text.removeprefix(f"{at:%Y-%m-%d} ")


def _loop_guard(said: Verdict, _: Clock) -> str:
    depth = f"depth {said['depth']} of at most {said['deepest']}"
    return f"caused by delivery {said['cause']}, {depth}, {said['calls']} calls"


def _lasting(said: Verdict, clock: Clock) -> str:
    subjects = said["subjects"]
    more = "" if subjects == 1 else f", {subjects} subjects"
    return f"{said['for']} from {clock('since')}, due {clock('due_at')}{more}"


def _sequel(said: Verdict, clock: Clock) -> str:
    return f"within {said['within']}, until {clock('until')}"


def _absent(said: Verdict, clock: Clock) -> str:
    return f"nothing for {said['within']}, since {clock('since')}"


def _after(said: Verdict, clock: Clock) -> str:
    return f"{said['seen']} of {said['of']} within {said['within']}, window ends {clock('ends_at')}"


def _hours(said: Verdict, clock: Clock) -> str:
    intervals = said.get("intervals")
    if not isinstance(intervals, list):
        return "open"
    gathered = f", {said['gathered']} gathered" if "gathered" in said else ""
    return f"{', '.join(intervals)}, opens {clock('opens_at')}{gathered}"


def _silence(said: Verdict, _: Clock) -> str:
    return f"{said['silence']}, {said['comment']}" if said["comment"] else str(said["silence"])


def _throttle(said: Verdict, clock: Clock) -> str:
    passed = f"{said['passed']} of {said['of']} per {said['per']} passed"
    is_full = said["passed"] == said["of"]
    return f"{passed}, next free at {clock('free_at')}" if is_full else passed


def _mode(said: Verdict, _: Clock) -> str:
    waiting = f", {said['waiting']} waiting" if said["waiting"] else ""
    most = f", max {said['max']}" if "max" in said and said["mode"] != "single" else ""
    return f"{said['mode']}, {said['under_way']} under way{waiting}{most}"


_WORDS: Mapping[str, Callable[[Verdict, Clock], str]] = {
    "loop_guard": _loop_guard,
    "for": _lasting,
    "then": _sequel,
    "not_then": _sequel,
    "absent": _absent,
    "after": _after,
    "during": _hours,
    "not_during": _hours,
    "silence": _silence,
    "throttle": _throttle,
    "mode": _mode,
}
