"""The lock on the data directory: one process writes to the journal, and everybody can see which.

SQLite before 3.51.3 can lose commits when two processes checkpoint (docs/platforms.md §4), so
this lock, not SQLite's own, decides who may write.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from reactor.clock import utc_now
from reactor.duration import format_time
from reactor.model.errors import JournalBusy, JournalUnavailable

NAME = "reactor.lock"


class Lock:
    """A held lock. It is gone with the process, however that ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def acquire(
        cls, data_dir: Path, what: str, *, name: str = NAME, of: str = "the journal"
    ) -> "Lock":
        """Take the lock for `what` ("reactor run"), creating `data_dir` (0700) if it is missing.
        What it is the lock `of` may be another thing there, which then has a file of that `name`.

        Raises JournalBusy when another process has it, JournalUnavailable when the directory
        cannot be used. Does not block.
        """
        _make_private(data_dir)
        with _explained(data_dir):
            descriptor = os.open(data_dir / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(os.pread(descriptor, 4096, 0))
            os.close(descriptor)
            raise JournalBusy(f"{of} in {data_dir} is in use by {holder}") from None
        with _explained(data_dir):
            _sign(descriptor, what)
        return cls(descriptor)

    def release(self) -> None:
        """Let the next one in. To be called once."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def _make_private(data_dir: Path) -> None:
    """Create the directory for its owner alone; one that exists keeps the mode it was given."""
    if data_dir.is_dir():
        return
    with _explained(data_dir):
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o700)  # mkdir's own mode would be cut by the umask


@contextmanager
def _explained(data_dir: Path) -> Generator[None]:
    """Turn the system's refusal into ours."""
    try:
        yield
    except OSError as error:
        raise JournalUnavailable(
            f"the data directory {data_dir} cannot be used: {error.strerror}; "
            "name a directory that reactor may write to with --data-dir"
        ) from error


def _sign(descriptor: int, what: str) -> None:
    """Write who holds the lock, for the message that the next one gets."""
    card = {"pid": os.getpid(), "what": what, "since": format_time(utc_now())}
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, msgspec.json.encode(card), 0)


def holder(data_dir: Path) -> str | None:
    """Who holds the lock of this directory, in words; None if nobody does. Raises OSError when
    the lock cannot be read."""
    try:
        descriptor = os.open(data_dir / NAME, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        card = os.pread(descriptor, 4096, 0)
        # Whoever lets it go empties it. Only after a crash must it be tried, which for a moment
        # keeps others out.
        return _holder(card) if card and not _is_free(descriptor) else None
    finally:
        os.close(descriptor)


def _is_free(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(card: bytes) -> str:
    """Who holds the lock, from what it wrote; it may be writing that at this very moment."""
    try:
        holder = msgspec.json.decode(card, type=dict[str, str | int])
        return f"'{holder['what']}' (pid {holder['pid']}, since {holder['since']})"
    except (msgspec.MsgspecError, KeyError):
        return "another process"
