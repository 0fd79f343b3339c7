"""Opening `DATA_DIR/reactor.db`: pragmas, the file's identity, migrations. No table is named."""

import os
import sqlite3
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from importlib.resources import files
from pathlib import Path

from reactor.model.errors import JournalUnavailable

Connection = sqlite3.Connection
"""What reads take. Rows come by name."""

APPLICATION_ID = 1919247220


def open_writer(data_dir: Path) -> Connection:
    """The one writing connection, its tables brought up to date; hold the Lock before.

    It may be handed to another thread, and is then that thread's alone. A file that is damaged,
    foreign or of a newer program raises JournalUnavailable and is left as it is; so is an empty
    one, for a journal gets its name only when it is whole.
    """
    path = data_dir / "reactor.db"
    _refuse_remains(path)
    with _explained(path), ExitStack() as opened:
        if not path.exists():
            _create(path)
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        opened.enter_context(closing(db))
        _identify(db, path)
        _configure(db)
        _migrate(db)
        opened.pop_all()
    return db


def open_reader(data_dir: Path) -> Connection:
    """A connection that cannot write; any number of them, in any process, beside the writer.

    Each statement sees the last commit. One thread at a time may use it. Raises
    JournalUnavailable when there is no journal or none that this program can read.
    """
    path = data_dir / "reactor.db"
    if not path.exists():
        raise JournalUnavailable(
            f"there is no journal in {data_dir}; "
            "has `reactor run` been started with this --data-dir?"
        )
    with _explained(path), ExitStack() as opened:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        opened.enter_context(closing(db))
        db.row_factory = sqlite3.Row
        _identify(db, path)
        _require_current(db, path)
        opened.pop_all()
    return db


def _refuse_remains(path: Path) -> None:
    """Of what was acknowledged: SQLite would take an empty file for a new database, and throw a log
    without its database away."""
    log = path.with_name(f"{path.name}-wal")
    if not path.exists() and log.exists() and log.stat().st_size:
        raise JournalUnavailable(
            f"{path} is missing but its log {log.name} is there; put the database back, "
            "or move the log away to begin a new journal"
        )
    if path.is_file() and not path.stat().st_size:
        raise JournalUnavailable(
            f"the journal {path} is empty, and none ever was: the disk lost what it held; "
            "restore it from a backup, or move it and its log away to begin a new one"
        )


def _create(path: Path) -> None:
    """A new journal, under its name only when it is whole and on the disk."""
    part = path.with_name(f"{path.name}.new")
    for leftover in path.parent.glob(f"{part.name}*"):  # of a process that was killed here
        leftover.unlink()
    with closing(sqlite3.connect(part, isolation_level=None)) as db:
        # The pages that retention frees can be given back to the disk. It must be said now.
        db.execute("pragma auto_vacuum = incremental")
        # Until it has its name nothing is lost with it.
        db.execute("pragma journal_mode = off")
        db.execute("pragma synchronous = off")
        _migrate(db)
    sync(part)
    part.rename(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """See a file, or a directory's list of names, onto the disk. Blocks; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(path: Path) -> Generator[None]:
    """Turn SQLite's refusal into ours, with what to do about it."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise JournalUnavailable(
            f"the journal {path} cannot be opened: {error}; "
            "see that reactor may write there and that the disk has room"
        ) from error
    except sqlite3.Error as error:
        raise JournalUnavailable(
            f"the journal {path} is damaged: {error}; "
            "restore it from a backup, or move it away to begin a new one"
        ) from error


def _identify(db: Connection, path: Path) -> None:
    """Refuse a file that is not ours, and one that a newer program wrote."""
    owner, version = _number(db, "pragma application_id"), _version(db)
    tables = _number(db, "select count(*) from sqlite_schema")
    if tables and owner != APPLICATION_ID:
        raise JournalUnavailable(
            f"{path} is a database of another program; choose another --data-dir"
        )
    if version > _latest():
        raise JournalUnavailable(
            f"the journal {path} is of version {version}, this program knows versions "
            f"up to {_latest()}; install the newer reactor that wrote it"
        )


def _require_current(db: Connection, path: Path) -> None:
    """A reader cannot migrate, so an older journal waits for its writer."""
    if _version(db) < _latest():
        raise JournalUnavailable(
            f"the journal {path} is of version {_version(db)}, this program needs version "
            f"{_latest()}; start `reactor run` once to bring it up to date"
        )


def _configure(db: Connection) -> None:
    db.row_factory = sqlite3.Row
    db.execute("pragma journal_mode = wal")
    # NORMAL loses acknowledged rows when the power fails (docs/platforms.md §4).
    db.execute("pragma synchronous = full")
    # 16 MiB between checkpoints: fewer of them, each merging more writes to one page.
    db.execute("pragma wal_autocheckpoint = 4000")
    # Ids are spread evenly, so new rows touch the whole of their indexes.
    db.execute("pragma cache_size = -32768")
    # The room that the log took during a burst is given back, but for 64 MiB.
    db.execute("pragma journal_size_limit = 67108864")


def _migrate(db: Connection) -> None:
    """Run the scripts that this file has not seen. Each is one transaction with its version."""
    done = _version(db)
    for number, script in _scripts():
        if number > done:
            db.executescript(script)


def _scripts() -> list[tuple[int, str]]:
    """The numbered scripts in their order."""
    folder = files("reactor.journal") / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((int(entry.name[:4]), entry.read_text("utf-8")) for entry in found)


def _latest() -> int:
    return max(number for number, _ in _scripts())


def _version(db: Connection) -> int:
    return _number(db, "pragma user_version")


def _number(db: Connection, query: str) -> int:
    with closing(db.execute(query)) as rows:
        return int(rows.fetchone()[0])
