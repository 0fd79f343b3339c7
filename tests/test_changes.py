"""Deliveries changed where no service runs: by the command itself, which then holds the journal.

That a running service is asked is tested with the service (test_app.py).
"""

import json
from contextlib import closing
from datetime import timedelta

import pytest

from reactor.changes import (
    REDELIVER_DEAD,
    SLICE,
    add_silence,
    change_chosen,
    change_deliveries,
    expire_silences,
)
from reactor.clock import utc_now
from reactor.journal.database import open_reader, open_writer
from reactor.journal.deliveries import insert_deliveries, list_deliveries
from reactor.journal.lock import Lock
from reactor.journal.moves import bury_removed
from reactor.journal.silences import list_silences
from reactor.model.delivery import State
from reactor.model.errors import JournalUnavailable
from reactor.model.event import Arrival
from reactor.model.journal import Selection
from reactor.road import UNOBSERVED, Road
from tests.builders import a_delivery, a_ruleset, a_silence


@pytest.fixture
def delivery(tmp_path):
    """One that waits in the journal of `tmp_path`."""
    raw = json.dumps({"type": "container"}).encode()
    with Road(tmp_path, a_ruleset(), what="a test", observers=UNOBSERVED) as road:
        arrival = Arrival(source="local", raw=raw, identity="line-1")
        return road.pipeline.receive([arrival]).deliveries[0]


def states(folder):
    with closing(open_reader(folder)) as reader:
        return [each.state for each in list_deliveries(reader)]


def test_a_command_changes_the_journal_itself_and_lets_the_next_one_in(tmp_path, delivery):
    told = change_deliveries(tmp_path, "cancel", [delivery.id, "unknown"])

    assert told == {delivery.id: "cancelled", "unknown": "there is no such delivery"}
    assert states(tmp_path) == [State.CANCELLED]
    Lock.acquire(tmp_path, "the next one").release()

    assert change_deliveries(tmp_path, "redeliver", [delivery.id]) == {delivery.id: "redelivered"}
    assert states(tmp_path) == [State.PENDING]


def test_all_of_a_selection_are_changed_and_none_twice(tmp_path, delivery):
    """Those of the first slice are dead again before the second one is changed."""
    with closing(open_writer(tmp_path)) as db:
        db.execute("begin")
        dead = [a_delivery(id=f"d-{number}", state=State.DEAD) for number in range(SLICE + 1)]
        insert_deliveries(db, dead)
        db.execute("commit")
    heard = []

    def die_again(changed):
        heard.append(changed)
        with closing(open_writer(tmp_path)) as db:
            bury_removed(db, frozenset())

    selection = Selection(states=(State.DEAD,), destination="ops")
    changed = change_chosen(tmp_path, REDELIVER_DEAD, selection, die_again)

    assert (changed, heard) == (SLICE + 1, [SLICE, SLICE + 1])


def kept(folder):
    with closing(open_reader(folder)) as reader:
        return list_silences(reader)


def test_a_silence_is_kept_and_ended_where_no_service_runs(tmp_path, delivery):
    silence = a_silence(created_at=utc_now(), expires_at=utc_now() + timedelta(hours=1))

    add_silence(tmp_path, silence)
    assert kept(tmp_path) == [silence]

    told = expire_silences(tmp_path, [silence.id, "unknown"])
    assert told == {
        silence.id: "expired",
        "unknown": "there is no such silence, or it is over",
    }
    assert kept(tmp_path)[0].ended_at


def test_a_command_makes_no_journal(tmp_path):
    with pytest.raises(JournalUnavailable, match="there is no journal in"):
        change_deliveries(tmp_path / "data", "cancel", ["a"])

    assert not (tmp_path / "data").exists()
