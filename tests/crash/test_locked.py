"""Another program locks the journal: it is said who, nothing is accepted or sent, nothing lost."""

import sqlite3
from contextlib import closing
from threading import Event

import pytest

from tests.crash.judge import faults, read_case, read_sent
from tests.crash.load import Sender, write_rules
from tests.endpoint import listening, read_ledger
from tests.service import Service, eventually

LOCKED = "database is locked (another program has locked it); nothing is accepted or sent"


def the_case(folder):
    sent, heard = read_sent(folder / "events.jsonl"), read_ledger(folder / "ledger")
    return read_case(folder / "data", sent, heard)


@pytest.mark.parametrize("seconds", [2, pytest.param(30, marks=pytest.mark.long)])
def test_a_locked_journal_is_waited_for(tmp_path, seconds):
    sender = Sender(tmp_path, seed=1)
    with listening(tmp_path / "ledger") as endpoint:
        options = (write_rules(tmp_path, endpoint.url), tmp_path / "data", "--http", "off")
        with Service(*options) as service:
            with sender.sending():
                endpoint.wait(50)
                with closing(sqlite3.connect(tmp_path / "data" / "reactor.db")) as other:
                    other.execute("begin immediate")
                    service.hears(LOCKED)
                    before = the_case(tmp_path)
                    Event().wait(seconds)
                    after = the_case(tmp_path)
                service.hears("the journal can be written again")
            assert (after.heard, after.events) == (before.heard, before.events)

            eventually(lambda: the_case(tmp_path).is_over, "all was decided and delivered")
            assert faults(the_case(tmp_path), rules=2) == []
            assert service.stop() == 0
