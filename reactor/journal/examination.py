"""Looking at a journal without changing it, and at the library that reads it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from reactor.journal.database import Connection, open_reader
from reactor.model.errors import JournalUnavailable

SQLITE_VERSION = sqlite3.sqlite_version_info
"""Of the library that this program runs with."""

CHECKPOINTS_MENDED = (3, 51, 3)
"""The first version in which connections that checkpoint at once lose nothing (docs/platforms.md
§4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """`version` counts the changes of form, `bytes` is the size of the file and its log. `is_whole`
    says whether all of it was read in time; what is wrong with it is an error."""

    version: int
    bytes: int
    is_whole: bool


def examine(data_dir: Path, seconds: float) -> Examination:
    """Open the journal as a command does, and read all of it for so many seconds at most.

    Raises JournalUnavailable when there is none, none that this program can read, or a damaged one.
    """
    with closing(open_reader(data_dir)) as reader:
        return Examination(
            version=int(reader.execute("pragma user_version").fetchone()[0]),
            bytes=sum(file.stat().st_size for file in data_dir.glob("reactor.db*")),
            is_whole=_is_whole(reader, data_dir, seconds),
        )


def _is_whole(reader: Connection, data_dir: Path, seconds: float) -> bool:
    """False when the time was too short. Raises JournalUnavailable."""
    alarm = Timer(seconds, reader.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        found = reader.execute("pragma quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            return False
        raise _damaged(data_dir, str(error)) from error
    finally:
        alarm.cancel()
        alarm.join()  # it must not meet a connection that is closed
    if found != "ok":
        raise _damaged(data_dir, str(found))
    return True


def _damaged(data_dir: Path, what: str) -> JournalUnavailable:
    told = " ".join(what.split())  # a report of SQLite may have several lines
    return JournalUnavailable(f"the journal in {data_dir} is damaged: {told}")
