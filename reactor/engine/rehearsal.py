"""The tests that rules carry, run through the live deciding on a virtual clock (rules.md §5)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reactor.duration import format_time, parse_time
from reactor.engine.compiled import CompiledRules
from reactor.engine.normalize import Refusal, canonical, normalize, record_of
from reactor.engine.plan import decide, miss
from reactor.model.errors import ReactorError
from reactor.model.event import Arrival, Event
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.model.protocols import ActionType
from reactor.model.rule import Rule, Ruleset, RuleTest, Step
from reactor.model.uri import TYPES, object_uri, stable_uuid

START = datetime(2030, 1, 7, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What one step did: names of the actions that fired, and (action, reason) of what did not.
    `wrong` says in words what differs from the step's `expect` and `because`, if anything."""

    number: int
    step: Step
    fired: tuple[str, ...]
    held: tuple[tuple[str, Reason], ...]
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
    """Run one test with only its own rule, from an empty memory at START.

    Raises ReactorError when a step's event could not be one (over the limits of a frame).
    """
    stage = _Stage(rule, test, replace(ruleset, rules=(rule,)), actions)
    steps = tuple(stage.perform(number, step) for number, step in enumerate(test.steps, 1))
    return TestResult(rule=rule.name, test=test, steps=steps)


class _Stage:
    """The virtual world of one test: its clock and its rule's memory."""

    def __init__(
        self, rule: Rule, test: RuleTest, ruleset: Ruleset, actions: Mapping[str, ActionType]
    ) -> None:
        self._rule, self._test, self._actions = rule, test, actions
        self._rules = CompiledRules(ruleset)
        self._now = START
        self._memory: dict[MemoryKey, MemoryEntry] = {}

    def perform(self, number: int, step: Step) -> StepResult:
        fired: tuple[str, ...] = ()
        held: tuple[tuple[str, Reason], ...] = ()
        backwards = self._turn_clock(step)
        if step.send is not None:
            fired, held = self._send(number, step)
        wrong = backwards or _difference(step, fired, held)
        return StepResult(number=number, step=step, fired=fired, held=held, wrong=wrong)

    def _turn_clock(self, step: Step) -> str | None:
        """Let the step's time pass; what is wrong if it would run backwards."""
        then = self._now + step.wait if step.wait else parse_time(step.at or "") or self._now
        if then < self._now:
            return f"'at' is {step.at}, but the clock stands at {format_time(self._now)} already"
        self._now = then
        return None

    def _send(
        self, number: int, step: Step
    ) -> tuple[tuple[str, ...], tuple[tuple[str, Reason], ...]]:
        event = self._event(number, step)
        missed = miss(self._rule, event, record_of(event))
        if missed is not None:
            return (), (("", missed),)
        decision = decide(event, self._rules, self._memory, self._now, self._actions)
        for key, entry in decision.memory.items():
            if entry is None:
                self._memory.pop(key, None)
            else:
                self._memory[key] = entry
        fired = [row.action for row in decision.evaluations if row.reason is Reason.FIRED]
        held = [(row.action, row.reason) for row in decision.evaluations if row.action not in fired]
        return tuple(fired), tuple(held)

    def _event(self, number: int, step: Step) -> Event:
        """The event of a `send`: what it leaves out is filled in from `match` and the test."""
        frame = {**self._rule.defaults, **(step.send or {})}
        frame.setdefault("uuid", stable_uuid("test", self._test.name, str(number)))
        frame.setdefault("datetime", self._now.isoformat())
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
        event = normalize(arrival, self._now)
        if isinstance(event, Refusal):
            raise ReactorError(
                f"test '{self._test.name}' of rule '{self._rule.name}': the event of step {number} "
                f"would be refused as {event}"
            )
        return event


def _difference(
    step: Step, fired: tuple[str, ...], held: tuple[tuple[str, Reason], ...]
) -> str | None:
    """What differs from what the step expects, in words."""
    reasons = {str(reason) for _, reason in held}
    if step.expect is not None and Counter(step.expect) != Counter(fired):
        return f"expected {_listed(step.expect)} to fire, but {_listed(fired)} did{_because(held)}"
    missing = [reason for reason in step.because if reason not in reasons]
    if missing:
        return (
            f"expected {', '.join(missing)} to hold something back, but it did not{_because(held)}"
        )
    return None


def _listed(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(names) + "]"


def _because(held: tuple[tuple[str, Reason], ...]) -> str:
    """Who was held back and why: "; slack: throttled", or why the rule did not match."""
    told = [f"{action}: {reason}" if action else f"no match: {reason}" for action, reason in held]
    return "".join(f"; {text}" for text in told)
