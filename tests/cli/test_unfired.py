"""What is found of one rule in the journal."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reactor.cli.unfired import MOST_EVENTS, Findings, Question, look
from reactor.journal.database import open_writer
from reactor.model.errors import ReactorError
from reactor.model.match import Reason
from tests.builders import replace
from tests.cli.past import MINUTE, Past

RULES = "rules: [{name: crash, match: {state: Stopped}, actions: [{log: info, text: x}]}]"


@pytest.fixture
def past_of(tmp_path: Path) -> Iterator[Callable[[str], Past]]:
    """A past under these rules, which ends with the test."""
    made: list[Past] = []

    def begin(rules: str) -> Past:
        made.append(Past(tmp_path, rules))
        return made[-1]

    yield begin
    for past in made:
        past.close()


def found_in(folder: Path, **changes: object) -> Findings:
    """Of the rule `crash`, if nothing else is asked for."""
    question = Question(
        rules=None, data_dir=folder, source=None, since=None, limit=MOST_EVENTS, is_all=False
    )
    return look("crash", replace(question, **changes))


def test_each_event_is_asked_of_the_rule_as_it_was_then(past_of, tmp_path: Path):
    past = past_of(RULES.replace("crash", "another")).see()
    past.road.pipeline.adopt(past.road.ruleset(RULES.replace("Stopped", "Terminated")))
    past.see()
    past.road.pipeline.adopt(past.road.ruleset(RULES))
    past.see(state="Running").see()

    found = found_in(tmp_path)

    [then, now] = found.misses.nearest(Reason.CONDITION_FALSE)
    assert found.before == 1
    assert (then.explanation.blockers[0].test.expected, then.event.id) == ("Terminated", "line-2")
    assert (now.explanation.blockers[0].test.expected, now.event.id) == ("Stopped", "line-3")
    assert [row.event_id for row in found.rows] == ["line-4"]


def test_what_a_field_was_before_is_known_from_events_before_the_first(past_of, tmp_path: Path):
    changed = RULES.replace("Stopped}", "{from: Running, to: Stopped}, n: 2}")
    past_of(changed).see(state="Running").see()

    found = found_in(tmp_path, limit=1)

    assert (found.is_cut, found.matched) == (True, 1)


def test_of_a_rule_about_what_stays_away_the_matches_are_told(past_of, tmp_path: Path):
    absent = "absent: {match: {state: Stopped}, within: 5m}"
    past = past_of(f"rules: [{{name: crash, {absent}, actions: [{{log: info, text: x}}]}}]")
    past.see().wait(6 * MINUTE)

    found = found_in(tmp_path)

    assert [event.id for event in found.seen] == ["line-1"]
    assert found.kept[0][0].gate == "absent"


def test_one_source_can_be_asked_for(past_of, tmp_path: Path):
    past_of(RULES).see().see(source="other")

    found = found_in(tmp_path, source="other")

    assert [row.event_id for row in found.rows] == ["line-2"]
    assert found.events == 1


def test_another_rule_file_can_be_asked(past_of, tmp_path: Path):
    past_of(RULES).see(state="Running")
    other = tmp_path / "other.yaml"
    other.write_text(RULES.replace("Stopped", "Broken"))

    [miss] = found_in(tmp_path, rules=other).misses.nearest(Reason.CONDITION_FALSE)

    assert miss.explanation.blockers[0].test.expected == "Broken"


def test_a_journal_without_rules_is_told(tmp_path: Path):
    open_writer(tmp_path).close()

    with pytest.raises(ReactorError, match="never had any rules"):
        found_in(tmp_path)


def test_a_text_of_then_that_cannot_be_read_has_a_way_out(past_of, tmp_path: Path):
    past_of(RULES).see()
    with closing(open_writer(tmp_path)) as db:
        db.execute("update rulesets set text = 'rules: [{name: crash, match: {n: {}}}]'")

    with pytest.raises(ReactorError, match="; name a rule file with --rules"):
        found_in(tmp_path)
