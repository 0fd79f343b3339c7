"""A copy of the journal that is whole, made while the service goes on writing.

By SQLite's own backup: of a live file and its log no copy of files is sure to be whole.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from reactor.journal.database import APPLICATION_ID, open_reader, sync
from reactor.model.errors import JournalUnavailable

PAGES = 2_560
"""Pages in one step, 10 MiB: between two steps the progress is told."""

Progress = Callable[[int, int], None]
"""Is told how many pages are copied, and of how many."""


def back_up(data_dir: Path, to: Path, progress: Progress) -> None:
    """Copy the journal to the file `to`, which appears only when it is whole, checked and on disk;
    what was there is replaced, but for the journal itself. Blocks.

    Raises JournalUnavailable when there is no journal, or the copy cannot be made.
    """
    with _explained(to), closing(open_reader(data_dir)) as reader:
        if to.exists() and to.samefile(data_dir / "reactor.db"):
            raise JournalUnavailable(f"no backup was made to {to}: it is the journal itself")
        descriptor, name = tempfile.mkstemp(prefix=f".{to.name}.", dir=to.parent)
        os.close(descriptor)
        part = Path(name)
        try:
            _copy(reader, part, progress)
            _check(part)
            sync(part)
            part.replace(to)
            sync(to.parent)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _explained(to: Path) -> Iterator[None]:
    """Turn the system's refusal and SQLite's into ours."""
    try:
        yield
    except OSError as error:
        raise JournalUnavailable(f"no backup was made to {to}: {error.strerror}") from error
    except sqlite3.Error as error:
        raise JournalUnavailable(f"no backup was made to {to}: {error}") from error


def _copy(reader: sqlite3.Connection, part: Path, progress: Progress) -> None:
    # Of one moment: SQLite begins anew whenever somebody writes between two steps, unless the
    # reading connection stands in a transaction. Meanwhile the log grows by what is written.
    reader.execute("begin")
    reader.execute("select count(*) from sqlite_schema").fetchone()
    with closing(sqlite3.connect(part)) as copy:
        reader.backup(
            copy, pages=PAGES, progress=lambda _, left, total: progress(total - left, total)
        )
        # One file, without a log beside it, so that it can be moved as one.
        copy.execute("pragma journal_mode = delete")


def _check(part: Path) -> None:
    """Open the copy as the service would find it, and read all of it."""
    with closing(sqlite3.connect(f"{part.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        owner = copy.execute("pragma application_id").fetchone()[0]
        found = copy.execute("pragma quick_check(1)").fetchone()[0]
    if owner != APPLICATION_ID or found != "ok":
        raise JournalUnavailable(f"the copy is damaged: {found}; is the journal itself?")
