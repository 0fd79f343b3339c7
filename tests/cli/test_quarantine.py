"""`reactor quarantine` lists, shows and retries events that no rule could decide."""

import json
from contextlib import closing

import pytest

from reactor import guard
from reactor.engine.inputs import decision_on
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader, open_writer
from reactor.journal.events import undecided
from reactor.model.quarantine import Poison, Quarantined
from tests.builders import NOON, an_event

AT = "2031-05-06T10:20:30.000000Z"
WHY = "rule 'web crashed': ValueError: no"
POISON = Poison(
    why="ValueError: no", trace="Traceback\n  File …\nValueError: no", rule="web crashed"
)


@pytest.fixture
def poisoned(journal):
    """The journal of the crashes, and one more event, which could not be decided."""
    event = an_event(uuid="e-9", type="container", state="Stopped")
    row = Quarantined(event_id="e-9", source="local", at=NOON, poison=POISON)
    with closing(open_writer(journal)) as db:
        db.execute("begin")
        Batch(events=(event,), quarantined=(row,)).apply(db)
        db.execute("commit")
    return journal


def test_they_are_listed_for_people_and_as_json(cli, poisoned):
    assert cli("quarantine", "list", "--data-dir", "data").lines == [f"{AT}  e-9 of local: {WHY}"]
    assert cli("quarantine", "list", "--data-dir", "data", "--json").objects == [
        {
            "kind": "quarantined",
            "event_id": "e-9",
            "source": "local",
            "at": AT,
            "rule": "web crashed",
            "why": "ValueError: no",
        }
    ]


def test_one_is_shown_with_its_frame_and_trace(cli, poisoned):
    ran = cli("quarantine", "show", "e-9", "--data-dir", "data")

    assert ran.lines == [
        f"event     e-9 of local, received at {AT}",
        f"since     {AT}",
        f"why       {WHY}",
        'frame     {"uuid":"e-9","type":"container","state":"Stopped"}',
        *POISON.trace.splitlines(),
    ]
    (shown,) = cli("quarantine", "show", "e-9", "--data-dir", "data", "--json").objects
    assert (shown["trace"], shown["data"]["state"]) == (POISON.trace, "Stopped")


def test_what_is_not_there_is_told(cli, poisoned):
    shown = cli("quarantine", "show", "e-1", "--data-dir", "data")
    retried = cli("quarantine", "retry", "e-1", "--data-dir", "data")

    assert (shown.code, "there is no event 'e-1' in quarantine" in shown.err) == (1, True)
    assert (retried.code, retried.lines) == (1, ["e-1: is not in quarantine"])


def test_without_a_service_it_is_tried_at_the_next_start(cli, poisoned):
    ran = cli("quarantine", "retry", "e-9", "--data-dir", "data")

    assert (ran.code, ran.lines) == (0, ["e-9: will be tried at the next start"])
    with closing(open_reader(poisoned)) as reader:
        assert [event.id for event in undecided(reader)] == ["e-9"]
    assert cli("quarantine", "list", "--data-dir", "data").lines == []


def test_explain_says_that_no_rule_has_decided_it(cli, poisoned):
    ran = cli("explain", "e-9", "--data-dir", "data")

    assert ran.lines[1] == f"quarantine {WHY}; no rule has decided it"
    told = cli("explain", "e-9", "--data-dir", "data", "--json").objects[0]
    assert (told["kind"], told["why"]) == ("quarantined", "ValueError: no")


def test_status_counts_them(cli, poisoned):
    ran = cli("status", "--data-dir", "data")

    assert "quarantined  1 event: see `reactor quarantine list`" in ran.lines
    assert json.loads(cli("status", "--data-dir", "data", "--json").out)["quarantined"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("replay", "crashes.jsonl", "--rules", "rules.yaml"),
            "event e-5 cannot be decided, rule 'web crashed': ValueError: no\n",
        ),
        (
            ("fire", "web crashed", "--event", "crash.json", "--rules", "rules.yaml"),
            "reactor: the event cannot be decided, rule 'web crashed': ValueError: no\n",
        ),
    ],
    ids=["replay", "fire"],
)
def test_what_is_only_tried_out_says_so_too(cli, rules, crashes, monkeypatch, words, said):
    (rules.parent / "crash.json").write_text(crashes.read_text().splitlines()[2])

    def decide(taken, *others):
        if getattr(taken, "id", None) == "e-5":
            raise ValueError("no")
        return decision_on(taken, *others)

    monkeypatch.setattr(guard, "decision_on", decide)  # no rule that can be written raises

    ran = cli(*words)

    assert (ran.code, said in ran.err) == (1, True)
