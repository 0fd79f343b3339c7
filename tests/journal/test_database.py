"""Opening the journal: what is set, what is brought up to date, what is refused."""

import shutil
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest

from reactor.journal import database
from reactor.journal.database import open_reader, open_writer
from reactor.journal.deliveries import list_deliveries
from reactor.journal.memory import load
from reactor.model.errors import JournalUnavailable

MIGRATIONS = sorted((files("reactor.journal") / "migrations").iterdir(), key=str)
LATEST = int(MIGRATIONS[-1].name[:4])
VERSIONS = sorted((Path(__file__).parent / "versions").iterdir())
"""What released versions left behind: journals of a service that had fired, failed and buried."""


def settings_of(db):
    names = ("journal_mode", "synchronous", "user_version")
    return [db.execute(f"pragma {name}").fetchone()[0] for name in names]


def test_a_new_journal_is_durable_and_up_to_date(db):
    full = incremental = 2

    assert settings_of(db) == ["wal", full, LATEST]
    assert db.execute("pragma auto_vacuum").fetchone()[0] == incremental


def test_an_existing_journal_keeps_what_it_has(tmp_path, db):
    db.execute("insert into rulesets values ('hash-1', 'rules: []', 0)")
    db.close()

    with_it = open_writer(tmp_path)

    assert with_it.execute("select hash from rulesets").fetchone()["hash"] == "hash-1"
    with_it.close()


def restored(folder, version):
    """The journal of a released version, as its service used to have it open."""
    db = sqlite3.connect(folder / "reactor.db", isolation_level=None)
    db.executescript(version.read_text())
    db.execute("pragma journal_mode = wal")
    return db


def tables_of(db):
    """The columns of each table."""
    names = [row[0] for row in db.execute("select name from sqlite_schema where type = 'table'")]
    return {name: [row[1] for row in db.execute(f"pragma table_info({name})")] for name in names}


def content_of(db, tables):
    """All rows of these tables, as far as these columns go."""
    queries = {
        name: f"select {', '.join(columns)} from {name}"  # noqa: S608 -- names of our own tables
        for name, columns in tables.items()
    }
    return {name: [tuple(row) for row in db.execute(query)] for name, query in queries.items()}


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.stem)
def test_a_journal_of_an_earlier_version_is_carried_over_with_all_it_holds(tmp_path, version):
    with closing(restored(tmp_path, version)) as old:
        tables = tables_of(old)
        before = content_of(old, tables)

    with closing(open_writer(tmp_path)) as db:
        assert settings_of(db)[2] == LATEST
        assert content_of(db, tables) == before
        assert [each.state for each in list_deliveries(db)].count("dead") == 1
        assert len(load(db)) == 3
        assert not db.execute("select 1 from evaluations where event is null").fetchall()


def test_every_version_before_the_present_has_a_journal_here():
    released = [path.stem for path in VERSIONS]

    assert released == [entry.name[:4] for entry in MIGRATIONS][: len(released)]


def statements(script):
    """One after the other, as they are executed."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def images(source, folder):
    """What is on the disk when the process is killed after each statement of its migrations."""
    scripts = [entry.read_text() for entry in MIGRATIONS]
    with closing(sqlite3.connect(source / "reactor.db", isolation_level=None)) as db:
        done = settings_of(db)[2]
        todo = [each for script in scripts[done:] for each in statements(script)]
        for step, statement in enumerate(todo):
            db.execute(statement)
            yield shutil.copytree(source, folder / f"image-{step}")


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_that_is_killed_at_any_statement_begins_again(tmp_path, version):
    source = tmp_path / "source"
    source.mkdir()
    with closing(restored(source, version)) as old:
        tables = tables_of(old)
        before = content_of(old, tables)

    for image in images(source, tmp_path):
        with closing(open_writer(image)) as db:
            assert settings_of(db)[2] == LATEST
            assert content_of(db, tables) == before


def test_a_newer_journal_is_refused_with_both_versions(tmp_path, db):
    db.execute("pragma user_version = 999")

    for opening in (open_writer, open_reader):
        with pytest.raises(JournalUnavailable, match=rf"version 999, .* versions up to {LATEST};"):
            opening(tmp_path)


def test_a_reader_does_not_read_an_older_journal(tmp_path, db):
    db.execute("pragma user_version = 0")

    with pytest.raises(
        JournalUnavailable, match=rf"version 0, this program needs version {LATEST}"
    ):
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


def test_an_empty_file_is_no_new_journal_but_one_that_was_lost(tmp_path):
    (tmp_path / "reactor.db").touch()

    with pytest.raises(JournalUnavailable, match=r"reactor.db is empty, .* restore it from a"):
        open_writer(tmp_path)


def test_a_first_start_that_was_killed_leaves_nothing_that_a_second_one_takes_for_a_journal(
    tmp_path,
):
    for leftover in ("reactor.db.new", "reactor.db.new-journal"):
        (tmp_path / leftover).write_bytes(b"half a page")

    open_writer(tmp_path).close()

    assert [path.name for path in tmp_path.iterdir()] == ["reactor.db"]


def test_a_first_start_that_is_cut_short_leaves_no_journal(tmp_path, monkeypatch):
    def half(db):
        db.executescript(MIGRATIONS[0].read_text())
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(database, "_migrate", half)  # a kill in the middle of it is hard to aim at

    with pytest.raises(JournalUnavailable, match="cannot be opened: disk I/O error"):
        open_writer(tmp_path)

    assert not (tmp_path / "reactor.db").exists()


def damaged(content, chance):
    """Cut off somewhere, or some bytes of its head overwritten, as disks and people do."""
    if chance.random() < 0.5:
        return content[: chance.randrange(len(content) - 4096)]
    at = chance.randrange(16)
    return content[:at] + chance.randbytes(24) + content[at + 24 :]


def test_two_hundred_damaged_files_are_each_refused_and_left_as_they_are(tmp_path, db):
    db.close()
    whole, chance = (tmp_path / "reactor.db").read_bytes(), Random(7)
    for _ in range(200):
        content = damaged(whole, chance)
        (tmp_path / "reactor.db").write_bytes(content)

        with pytest.raises(JournalUnavailable, match=r"reactor.db .*; .*(move it|--data-dir)"):
            open_writer(tmp_path)

        assert (tmp_path / "reactor.db").read_bytes() == content


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
