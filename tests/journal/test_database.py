"""Opening the journal: what is set, what is brought up to date, what is refused."""

import sqlite3
from contextlib import closing
from importlib.resources import files

import pytest

from reactor.journal.database import open_reader, open_writer
from reactor.journal.events import find
from reactor.model.errors import JournalUnavailable


def settings_of(db):
    names = ("journal_mode", "synchronous", "user_version")
    return [db.execute(f"pragma {name}").fetchone()[0] for name in names]


def test_a_new_journal_is_durable_and_up_to_date(db):
    full = 2

    assert settings_of(db) == ["wal", full, 2]


def test_an_existing_journal_keeps_what_it_has(tmp_path, db):
    db.execute("insert into rulesets values ('hash-1', 'rules: []', 0)")
    db.close()

    with_it = open_writer(tmp_path)

    assert with_it.execute("select hash from rulesets").fetchone()["hash"] == "hash-1"
    with_it.close()


def test_a_journal_of_the_first_version_keeps_its_events(tmp_path):
    first = sqlite3.connect(tmp_path / "reactor.db")
    first.executescript((files("reactor.journal") / "migrations" / "0001.sql").read_text())
    first.execute("insert into events values (1, 'u-1', 'local', 'local', 0, 0, 1, '{}', '{}')")
    first.commit()
    first.close()

    with closing(open_writer(tmp_path)) as db:
        event = find(db, "u-1")
        version = settings_of(db)[2]

    assert (event.id, event.unknown, version) == ("u-1", {}, 2)


def test_a_newer_journal_is_refused_with_both_versions(tmp_path, db):
    db.execute("pragma user_version = 999")

    for opening in (open_writer, open_reader):
        with pytest.raises(JournalUnavailable, match=r"version 999, .* versions up to 2;"):
            opening(tmp_path)


def test_a_reader_does_not_read_an_older_journal(tmp_path, db):
    db.execute("pragma user_version = 0")

    with pytest.raises(JournalUnavailable, match=r"version 0, this program needs version 2"):
        open_reader(tmp_path)


def test_a_database_of_another_program_is_refused(tmp_path):
    foreign = sqlite3.connect(tmp_path / "reactor.db")
    foreign.execute("create table songs (title text)")
    foreign.close()

    with pytest.raises(JournalUnavailable, match="database of another program"):
        open_writer(tmp_path)


@pytest.mark.parametrize("opening", [open_writer, open_reader])
def test_a_damaged_journal_is_refused_and_left_as_it_is(tmp_path, opening):
    path = tmp_path / "reactor.db"
    path.write_bytes(b"rubbish" * 1000)

    with pytest.raises(JournalUnavailable, match=r"reactor.db is damaged: .* restore it"):
        opening(tmp_path)

    assert path.read_bytes() == b"rubbish" * 1000


def test_a_log_without_its_database_is_refused(tmp_path):
    (tmp_path / "reactor.db-wal").write_bytes(b"what was acknowledged")

    with pytest.raises(JournalUnavailable, match=r"its log reactor.db-wal is there"):
        open_writer(tmp_path)


def test_a_directory_in_place_of_the_journal_is_refused(tmp_path):
    (tmp_path / "reactor.db").mkdir()

    with pytest.raises(JournalUnavailable, match="cannot be opened"):
        open_writer(tmp_path)


def test_a_missing_journal_cannot_be_read(tmp_path):
    with pytest.raises(JournalUnavailable, match=r"there is no journal in .* `reactor run`"):
        open_reader(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_reader_sees_commits_and_cannot_write(tmp_path, db):
    reader = open_reader(tmp_path)
    db.execute("insert into rulesets values ('hash-1', 'rules: []', 0)")

    assert reader.execute("select count(*) from rulesets").fetchone()[0] == 1
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("delete from rulesets")
    reader.close()


def test_a_closed_journal_can_be_read(tmp_path, db):
    db.close()

    open_reader(tmp_path).close()
