"""`reactor stats`: what became of all that matched adds up."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from reactor.clock import utc_now
from reactor.journal.database import open_writer
from reactor.journal.evaluations import insert_evaluations
from reactor.journal.incidents import join
from reactor.journal.silences import AddSilence
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Reason
from tests.builders import NOON, a_silence, an_evaluation
from tests.cli.conftest import Cli


def told(cli: Cli, *words: str):
    ran = cli("stats", "--data-dir", "data", *words)
    assert ran.code == 0, ran.err
    return ran


def test_each_action_has_a_line_in_the_order_of_the_rules(cli: Cli, journal: Path):
    assert told(cli).lines == [
        "rule         action   matched  fired  waiting  held back    by timers  deliveries",
        "web crashed  webhook        3      2        0  1 throttled             2 pending",
        "any crash    webhook        4      4        0                          4 pending",
        "remembered   web crashed: 1 key",
    ]


def test_what_waits_and_what_timers_fired_stand_apart(cli: Cli, journal: Path):
    waiting = an_evaluation(rule="any crash", action="webhook", reason=Reason.WAITING)
    timer = an_evaluation(rule="any crash", action="webhook", event_id="", source="")
    with closing(open_writer(journal)) as db:
        insert_evaluations(db, [waiting, timer])

    (line,) = [line for line in told(cli).lines if line.startswith("any crash")]
    assert " ".join(line.split()) == "any crash webhook 5 4 1 1 fired 4 pending"


def test_in_json_the_reasons_sum_up_to_what_matched(cli: Cli, journal: Path):
    rows = told(cli, "--json", "--rule", "web crashed").objects

    assert rows == [
        {
            "kind": "stats",
            "rule": "web crashed",
            "action": "webhook",
            "matched": 3,
            "reasons": {"fired": 2, "throttled": 1},
            "timers": {},
            "deliveries": {"pending": 2},
        },
        {"kind": "rule", "rule": "web crashed", "keys": 1, "open_incidents": 0},
        {"kind": "silences", "active": 0},
    ]


def test_open_incidents_and_active_silences_are_told(cli: Cli, journal: Path):
    opened = Joined(
        id="i-1",
        rule="any crash",
        key="[]",
        phase=Phase.OPENED,
        at=NOON,
        since=NOON,
        count=1,
        event_id="e-1",
        source="local",
    )
    with closing(open_writer(journal)) as db:
        join(db, [opened])
        AddSilence(a_silence(expires_at=utc_now() + timedelta(hours=1))).apply(db)

    assert told(cli).lines[-2:] == [
        "open         any crash: 1 incident",
        "silences     1 active: see `reactor silence list`",
    ]


def test_a_rule_that_never_matched_has_no_line(cli: Cli, journal: Path):
    assert len(told(cli, "--rule", "another").lines) == 1
