"""`reactor test --record`: a test for a rule, made of events of the journal."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from reactor.actions import ACTIONS
from reactor.cli.output import data, json_line, talk
from reactor.config.load import write_yaml
from reactor.config.node import did_you_mean
from reactor.engine.transcript import Seen, transcribe, written
from reactor.journal.database import Connection, open_reader
from reactor.journal.evaluations import evaluations_of
from reactor.journal.events import find
from reactor.model.errors import ReactorError
from reactor.model.event import Event
from reactor.model.match import Evaluation
from reactor.model.rule import Rule, Ruleset, RuleTest
from reactor.rehearsal import rehearse

_INDENT = " " * 6
"""Where an item of `tests` stands in the files that we write."""


@dataclass(frozen=True, slots=True)
class Made:
    """A test that was made of the journal, for one of the present rules. `doubts` say where it goes
    otherwise than the journal has it."""

    rule: Rule
    test: RuleTest
    doubts: tuple[str, ...]


def make_test(
    ids: Sequence[str], ruleset: Ruleset, data_dir: Path, *, rule: str | None, name: str | None
) -> Made:
    """The test that these events make for `rule`, or for the only one that any of them matched.
    Raises ReactorError."""
    if not ids:
        raise ReactorError("a test is made of events: give the ids of some")
    with closing(open_reader(data_dir)) as reader:
        events = [_event(reader, each, data_dir) for each in dict.fromkeys(ids)]
        rows = [tuple(evaluations_of(reader, each.id, each.source)) for each in events]
    chosen = rule_called(ruleset, rule or _only(rows))
    seen = [
        Seen(event, tuple(row for row in own if row.rule == chosen.name))
        for event, own in zip(events, rows, strict=True)
    ]
    first = min(event.received_at for event in events)
    test = transcribe(name or f"as recorded on {first:%Y-%m-%d}", seen)
    steps = rehearse(chosen, test, ruleset, ACTIONS).steps
    doubts = (f"step {step.number}: {step.wrong}" for step in steps if step.wrong)
    return Made(chosen, test, tuple(doubts))


def _event(reader: Connection, event_id: str, data_dir: Path) -> Event:
    event = find(reader, event_id)
    if event is None:
        hint = "; rule files are named with --rules" if Path(event_id).exists() else ""
        raise ReactorError(f"there is no event '{event_id}' in the journal in {data_dir}{hint}")
    return event


def _only(rows: Sequence[Sequence[Evaluation]]) -> str:
    names = list(dict.fromkeys(row.rule for own in rows for row in own))
    if len(names) != 1:
        found = f"matched {', '.join(map(repr, names))}" if names else "matched no rule"
        raise ReactorError(f"these events {found}: say by --rule whose test it is")
    return names[0]


def rule_called(ruleset: Ruleset, name: str) -> Rule:
    """The rule of this name. Raises ReactorError."""
    rules = {rule.name: rule for rule in ruleset.rules}
    if name not in rules:
        near = did_you_mean(name, rules)
        hint = f"; {near}" if near else ""
        raise ReactorError(f"there is no rule '{name}' in the rule file{hint}")
    return rules[name]


def show(made: Made, *, as_json: bool) -> None:
    """Print the test, and say where it goes and what is to be known of it."""
    entry = written(made.test)
    if as_json:
        data(json_line({"kind": "recorded", "rule": made.rule.name, **entry}))
    else:
        for line in _lines(entry):
            data(line)
    talk(f"this goes under 'tests' of the rule '{made.rule.name}'")
    for doubt in made.doubts:
        talk(f"it does not pass: {doubt}")
    if made.doubts:
        talk("what came before these events may have counted too, or the rule has changed since")


def _lines(entry: dict[str, object]) -> Iterator[str]:
    return (_INDENT + line for line in write_yaml([entry]).splitlines())
