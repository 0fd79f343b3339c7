"""A ruleset, compiled: which rules an event may concern, at a cost that does not grow with them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reactor.engine.condition import trackers
from reactor.engine.index import Matcher
from reactor.engine.selector import parse_path
from reactor.model.condition import Condition, Path
from reactor.model.event import Record, Tracker
from reactor.model.gates import Gates
from reactor.model.rule import Rule, Ruleset


@dataclass(frozen=True, slots=True)
class Tracked:
    """A field of which a rule asks what it held before, and what its `group_by` speaks of."""

    tracker: Tracker
    path: Path
    groups: tuple[Path, ...]


class CompiledRules:
    """The enabled rules of `ruleset`. Compiling takes up to half a second for 10,000 of them, and
    is done before they are needed. Not for several threads."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        rules = [rule for rule in ruleset.rules if rule.enabled]
        self._rules = {rule.name: rule for rule in rules}
        self._positions = {rule.name: position for position, rule in enumerate(rules)}
        self._matched = _Asked(rules, lambda rule: rule.match)
        self._followed = _Asked(rules, lambda rule: rule.sequel.match if rule.sequel else None)
        self._resolved = _Asked(rules, lambda rule: rule.resolve)
        self.tracked = tuple(dict.fromkeys(each for rule in rules for each in tracked_by(rule)))
        self.absents = tuple(rule for rule in rules if rule.absent is not None)
        self.watching = _each_key(rules)
        self.by_subject = frozenset(rule.name for rule in rules if _goes_by_subject(rule))
        self.remembering = frozenset(rule.name for rule in rules if rule.remembers)

    def rule(self, name: str) -> Rule | None:
        """The enabled rule that is called so."""
        return self._rules.get(name)

    def position(self, name: str) -> int:
        """Where an enabled rule stands among them."""
        return self._positions[name]

    def possible(self, source: str, record: Record) -> Sequence[Rule]:
        """The rules that hear `source` and whose `match` is true of `record`, or could be if what
        `record` leaves open were this or that; in the order of the file. Never raises."""
        return self._matched.possible(source, record)

    def followed(self, source: str, record: Record) -> Sequence[Rule]:
        """The same for what is to follow: `then` and `not_then`."""
        return self._followed.possible(source, record)

    def resolved(self, source: str, record: Record) -> Sequence[Rule]:
        """The same for what closes an incident."""
        return self._resolved.possible(source, record)


def _each_key(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Of the rules that wait for what a subject does next, one for each `group_by`."""
    waiting = [rule for rule in rules if any(each.lasting or each.hours for each in _gates(rule))]
    return tuple({tuple(path.text for path in rule.group_by): rule for rule in waiting}.values())


def _goes_by_subject(rule: Rule) -> bool:
    """Whether it waits for something that a subject does, or does not."""
    return rule.sequel is not None or any(each.lasting for each in _gates(rule))


def _gates(rule: Rule) -> Iterator[Gates]:
    yield rule.gates
    yield from (action.gates for action in rule.actions)


def tracked_by(rule: Rule) -> Iterator[Tracked]:
    """The fields of which its conditions ask what they held before."""
    second = rule.sequel.match if rule.sequel else None
    conditions = (rule.match, rule.unless, second, rule.resolve)
    every = [*conditions, *(action.condition for action in rule.actions)]
    for tracker in (each for condition in every if condition for each in trackers(condition)):
        path, groups = tracker
        yield Tracked(tracker, parse_path(path), tuple(map(parse_path, groups)))


class _Asked:
    """One condition of each rule that has it, by the sources that the rules hear."""

    def __init__(
        self, rules: Sequence[Rule], condition_of: Callable[[Rule], Condition | None]
    ) -> None:
        asked = [(rule, found) for rule in rules if (found := condition_of(rule)) is not None]
        named = {name for rule, _ in asked for name in rule.sources or ()}
        self._of_named = {name: _Heard(asked, name) for name in named}
        self._of_others = _Heard(asked, None)

    def possible(self, source: str, record: Record) -> Sequence[Rule]:
        return self._of_named.get(source, self._of_others).possible(record)


class _Heard:
    """The rules that hear one source; those without `source` hear each, None included."""

    def __init__(self, asked: Sequence[tuple[Rule, Condition]], source: str | None) -> None:
        heard = [
            (rule, condition)
            for rule, condition in asked
            if rule.sources is None or source in rule.sources
        ]
        self._rules = [rule for rule, _ in heard]
        self._matcher = Matcher([condition for _, condition in heard])

    def possible(self, record: Record) -> Sequence[Rule]:
        if not self._rules:
            return ()
        return [self._rules[position] for position in self._matcher.possible(record)]
