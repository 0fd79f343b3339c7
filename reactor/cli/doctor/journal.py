"""The journal as it lies there: who writes to it, whether it is whole, and what reads it."""

from collections.abc import Iterator
from pathlib import Path

from reactor.cli.doctor.finding import Finding, broken, doubtful, well
from reactor.journal.examination import CHECKPOINTS_MENDED, SQLITE_VERSION, Examination, examine
from reactor.journal.lock import holder
from reactor.model.errors import JournalUnavailable


def look_at_journal(data_dir: Path, seconds: float) -> Iterator[Finding]:
    """What is in the data directory. Nothing is written; reads for so many seconds at most."""
    try:
        (data_dir / "reactor.db").stat()
    except (FileNotFoundError, NotADirectoryError):
        yield well("journal", f"none in {data_dir} yet: `reactor run` begins it")
    except OSError as error:
        why = f"{data_dir}/reactor.db: {error.strerror}"
        yield broken("journal", why, _AS_ANOTHER)
    else:
        yield _contents(data_dir, seconds)
        yield _writer(data_dir)
    yield judge_sqlite(SQLITE_VERSION)


_AS_ANOTHER = "run as the user of the service, or as root"
_RESTORE = "see Restore in docs/operations.md"


def _contents(data_dir: Path, seconds: float) -> Finding:
    try:
        found = examine(data_dir, seconds)
    except JournalUnavailable as fault:
        told, _, remedy = str(fault).rpartition("; ")
        return broken("journal", told or str(fault), remedy if told else _RESTORE)
    return judge_contents(data_dir, found, seconds)


def judge_contents(data_dir: Path, found: Examination, seconds: float) -> Finding:
    """Of a journal that can be read."""
    told = f"{data_dir}/reactor.db, version {found.version}, {found.bytes / 1024**2:.1f} MiB"
    if found.is_whole:
        return well("journal", f"{told}, whole")
    return doubtful(
        "journal",
        f"{told}, not read to its end within {seconds:g} s",
        "`reactor backup FILE` reads and checks all of it",
    )


def _writer(data_dir: Path) -> Finding:
    name = "lock"
    try:
        held = holder(data_dir)
    except OSError as error:
        why = f"{data_dir}/reactor.lock cannot be read: {error.strerror}"
        return doubtful(name, why, _AS_ANOTHER)
    return well(name, f"held by {held}" if held else "free: no service runs on this journal")


def judge_sqlite(version: tuple[int, int, int]) -> Finding:
    """The library that reads and writes it."""
    told = ".".join(map(str, version))
    if version >= CHECKPOINTS_MENDED:
        return well("SQLite", told)
    mended = ".".join(map(str, CHECKPOINTS_MENDED))
    return well(
        "SQLite",
        f"{told}: before {mended} connections that checkpoint at once can lose commits; reactor "
        "writes by one, under a lock, and is not concerned",
    )
