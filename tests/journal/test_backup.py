"""A backup is whole, checked, and of one moment, whatever is written meanwhile."""

import sqlite3
from contextlib import closing
from threading import Event, Thread

import pytest

from reactor.journal import backup
from reactor.journal.backup import back_up
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader, open_writer
from reactor.journal.standing import standing
from reactor.model.errors import JournalUnavailable
from tests.builders import an_event
from tests.fakes import PATIENCE


def silent(_done, _pages):
    """Nobody looks at the progress."""


def write(db, number, padding=""):
    event = an_event(uuid=f"u-{number}", padding=padding)
    db.execute("begin immediate")
    Batch(events=(event,)).apply(db)
    db.execute("commit")


def events(folder):
    with closing(open_reader(folder)) as reader:
        return standing(reader).sources["local"].events


@pytest.fixture
def filled(tmp_path, db):
    """A journal of some hundred pages, of which most are in its log."""
    for number in range(100):
        write(db, number, "x" * 4000)
    return tmp_path


def test_a_backup_put_in_place_is_the_journal(filled, tmp_path_factory):
    place = tmp_path_factory.mktemp("restored")

    back_up(filled, place / "reactor.db", silent)

    assert [path.name for path in place.iterdir()] == ["reactor.db"]
    assert events(place) == 100
    with closing(open_writer(place)) as db:  # and the next service goes on with it
        write(db, 100)
    assert events(place) == 101


def test_it_ends_and_is_of_one_moment_though_somebody_writes_between_all_steps(
    filled, db, tmp_path_factory, monkeypatch
):
    monkeypatch.setattr(backup, "PAGES", 8)  # as many steps as a large journal has
    place, told = tmp_path_factory.mktemp("copy"), []

    def write_on(done, pages):
        write(db, 100 + len(told))
        told.append((done, pages))

    back_up(filled, place / "reactor.db", write_on)

    assert len(told) > 10
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    assert (events(place), events(filled)) == (100, 100 + len(told))


def test_a_thread_that_writes_is_not_held_up(filled, db, tmp_path_factory):
    stop, wrote = Event(), Event()

    def run():
        number = 1000
        while not stop.is_set():
            write(db, number)
            number += 1
            wrote.set()

    thread = Thread(target=run)
    thread.start()
    assert wrote.wait(PATIENCE)
    back_up(filled, tmp_path_factory.mktemp("copy") / "reactor.db", silent)
    wrote.clear()

    assert wrote.wait(PATIENCE)
    stop.set()
    thread.join()


def test_only_its_owner_can_read_it(filled, tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "reactor.db"

    back_up(filled, copy, silent)

    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_damaged_journal_makes_no_backup(filled, db, tmp_path_factory):
    db.execute("pragma wal_checkpoint(truncate)")
    pages = filled / "reactor.db"
    raw = bytearray(pages.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 4096] = b"\xff" * 4096
    pages.write_bytes(raw)
    place = tmp_path_factory.mktemp("copy")

    with pytest.raises(JournalUnavailable, match=r"damaged|malformed"):
        back_up(filled, place / "reactor.db", silent)

    assert list(place.iterdir()) == []


def test_where_there_is_no_journal_or_no_directory_nothing_is_made(tmp_path, filled):
    with pytest.raises(JournalUnavailable, match="there is no journal"):
        back_up(tmp_path / "none", tmp_path / "copy.db", silent)
    with pytest.raises(JournalUnavailable, match=r"no backup was made to .*: No such file"):
        back_up(filled, tmp_path / "none" / "copy.db", silent)

    assert not (tmp_path / "copy.db").exists()


def test_what_was_there_is_replaced_only_by_what_is_whole(filled, tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "reactor.db"
    copy.write_text("an older one")

    def fail(_done, _pages):
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(JournalUnavailable, match="disk is full"):
        back_up(filled, copy, fail)
    assert copy.read_text() == "an older one"

    back_up(filled, copy, silent)
    assert events(copy.parent) == 100


def test_the_journal_itself_is_not_replaced(filled):
    before = (filled / "reactor.db").stat().st_ino

    with pytest.raises(JournalUnavailable, match="it is the journal itself"):
        back_up(filled, filled / "reactor.db", silent)

    assert (filled / "reactor.db").stat().st_ino == before
