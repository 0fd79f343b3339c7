"""All that a service tells of itself, over a real journal."""

import os

import pytest

from reactor import __version__
from reactor.journal.database import open_reader, open_writer
from reactor.model.errors import JournalUnavailable
from reactor.vitals.tally import Tally
from reactor.vitals.vitals import Vitals
from tests.builders import NOON
from tests.vitals.parts import parts, rules


@pytest.fixture
def ask(tmp_path):
    """The vitals of a service whose parts are as given."""

    def make(**changes):
        looked_at = parts(**changes, reader=lambda: open_reader(tmp_path))
        return Vitals(looked_at, Tally(rules(), lambda: NOON, lambda: 1.0), lambda: NOON)

    open_writer(tmp_path).close()
    return make


def test_they_say_whether_it_was_started_is_ready_or_hangs(ask):
    assert not ask(is_started=False).is_started
    assert ask().is_started
    assert ask(pipeline=30).unready() == {"pipeline": "no sign of life for 30 s"}
    assert ask(pipeline=30).hung() == {}
    assert ask(pipeline=30).hung(patience=15) == {"pipeline": "no sign of life for 30 s"}


def test_the_metrics_are_text_that_holds_what_is_counted_and_what_the_journal_keeps(ask):
    text = ask().exposition().decode()

    assert f'reactor_build_info{{version="{__version__}"}} 1.0\n' in text
    assert "reactor_outbox_pending 0.0\n" in text


def test_the_status_is_that_of_the_service_and_that_of_its_journal(ask):
    found = ask().status()

    assert (found["version"], found["pid"]) == (__version__, os.getpid())
    assert (found["ready"], found["pending"], found["never_fired"]) == (True, 0, ["every event"])


def test_without_a_journal_neither_can_be_told(ask, tmp_path):
    vitals = ask()
    (tmp_path / "reactor.db").unlink()

    with pytest.raises(JournalUnavailable):
        vitals.exposition()
    with pytest.raises(JournalUnavailable):
        vitals.status()
