"""The tests that rules carry, run through the live deciding on a virtual clock (rules.md §5)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reactor.duration import format_time, parse_time
from reactor.engine.coverage import Row
from reactor.engine.normalize import Refusal, canonical, normalize
from reactor.engine.verdicts import numbers_in_words
from reactor.model.errors import ReactorError
from reactor.model.event import Arrival, Event
from reactor.model.match import Reason
from reactor.model.protocols import ActionType
from reactor.model.rule import Rule, Ruleset, RuleTest, Step
from reactor.model.uri import TYPES, object_uri, stable_uuid
from reactor.stage import Stage


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An action that did not fire, and why; `action` is empty when the rule did not match.
    `numbers` are those that the gate went by, in words, empty where there are none."""

    action: str
    reason: Reason
    numbers: str = ""

    def __str__(self) -> str:
        numbers = f" ({self.numbers})" if self.numbers else ""
        return f"{self.action or 'no match'}: {self.reason}{numbers}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step did: names of the actions that fired, and what was held back. `rows` are what
    both were read from. `wrong` says in words what differs from the step's `expect` and `because`,
    if anything."""

    number: int
    step: Step
    fired: tuple[str, ...]
    held: tuple[HeldBack, ...]
    rows: tuple[Row, ...]
    wrong: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """A rule's test and how each of its steps went."""

    rule: str
    test: RuleTest
    steps: tuple[StepResult, ...]

    @property
    def passed(self) -> bool:
        """Whether every step did what it expects."""
        return all(step.wrong is None for step in self.steps)


def rehearse(
    rule: Rule, test: RuleTest, ruleset: Ruleset, actions: Mapping[str, ActionType]
) -> TestResult:
    """Run one test with only its own rule, from an empty memory.

    Raises ReactorError when a step's event could not be one (over the limits of a frame).
    """
    actor = _Actor(rule, test, Stage(rule, ruleset, actions))
    steps = tuple(actor.perform(number, step) for number, step in enumerate(test.steps, 1))
    return TestResult(rule=rule.name, test=test, steps=steps)


class _Actor:
    """Does on the stage what the steps of a test say."""

    def __init__(self, rule: Rule, test: RuleTest, stage: Stage) -> None:
        self._rule, self._test, self._stage = rule, test, stage

    def perform(self, number: int, step: Step) -> StepResult:
        missed: Reason | None = None
        backwards = self._turn_clock(step)
        if step.send is not None:
            missed = self._stage.send(self._event(number, step))
        elif step.respond is not None:
            self._stage.respond(step.respond)
        elif step.restart:
            self._stage.restart()
        elif step.silence is not None and step.lasts is not None:
            self._stage.silence(step.silence, step.lasts)
        rows, faults = self._stage.take()
        fired = tuple(row.action for row in rows if row.action and row.reason is Reason.FIRED)
        held = tuple(self._held(rows, missed))
        wrong = backwards or _undecided(faults) or _difference(step, fired, held)
        return StepResult(number=number, step=step, fired=fired, held=held, rows=rows, wrong=wrong)

    def _turn_clock(self, step: Step) -> str | None:
        """Let the step's time pass; what is wrong if it would run backwards."""
        now = self._stage.now
        then = now + step.wait if step.wait else parse_time(step.at or "") or now
        if then < now:
            return f"'at' is {step.at}, but the clock stands at {format_time(now)} already"
        if then > now:
            self._stage.pass_time(then)
        return None

    def _held(self, rows: tuple[Row, ...], missed: Reason | None) -> Iterator[HeldBack]:
        if missed is not None:
            yield HeldBack("", missed)
        for row in rows:
            if row.reason is not Reason.FIRED:
                numbers = _numbers(row)
                for action in [row.action] if row.action else self._every_action():
                    yield HeldBack(action, row.reason, numbers)

    def _every_action(self) -> list[str]:
        """What waits at a gate of the rule itself."""
        return [action.name for action in self._rule.actions if action.enabled]

    def _event(self, number: int, step: Step) -> Event:
        """The event of a `send`: what it leaves out is filled in from `match` and the test."""
        now = self._stage.now
        frame = {**self._rule.defaults, **(step.send or {})}
        frame.setdefault("uuid", stable_uuid("test", self._test.name, str(number)))
        frame.setdefault("datetime", now.isoformat())
        kind = frame.get("type")
        if isinstance(kind, str) and kind in TYPES:
            frame.setdefault("resource_uri", object_uri(kind, stable_uuid("test", self._test.name)))
        arrival = Arrival(
            source=self._rule.sources[0] if self._rule.sources else "test",
            raw=canonical(frame).encode(),
            identity=str(number),
            platform=True,
            facts=self._test.facts if step.facts is None else step.facts,
        )
        event = normalize(arrival, now)
        if isinstance(event, Refusal):
            raise ReactorError(
                f"test '{self._test.name}' of rule '{self._rule.name}': the event of step {number} "
                f"would be refused as {event}"
            )
        return event


def _numbers(row: Row) -> str:
    """Those of the gate that held it back, if one did."""
    last = row.gates[-1] if row.gates else None
    if last is None or last["reason"] != row.reason:
        return ""
    return numbers_in_words(last, row.at)


def _undecided(faults: tuple[str, ...]) -> str | None:
    return f"the event cannot be decided: {'; '.join(faults)}" if faults else None


def _difference(step: Step, fired: tuple[str, ...], held: tuple[HeldBack, ...]) -> str | None:
    """What differs from what the step expects, in words."""
    told = "".join(f"; {each}" for each in held)
    if step.expect is not None and Counter(step.expect) != Counter(fired):
        return f"expected {_listed(step.expect)} to fire, but {_listed(fired)} did{told}"
    reasons = {str(each.reason) for each in held}
    missing = [reason for reason in step.because if reason not in reasons]
    if missing:
        return f"expected {', '.join(missing)} to hold something back, but it did not{told}"
    return None


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(names) + "]"
