"""The journal's writer: one thread that turns what others hand it into transactions.

What waits goes into one transaction, so an idle journal commits at once and a busy one commits
many write sets with one fsync (group commit). While the disk takes nothing, nothing is promised:
the writer tries the same writes until it does. On a full disk it gives up a reserve, for what is
urgent: the ends of attempts that are under way.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Condition
from typing import Protocol, TypeVar

from reactor.clock import monotonic
from reactor.journal.database import Connection
from reactor.journal.reserve import Reserve
from reactor.model.errors import JournalUnavailable, ReactorError, WriteRefused
from reactor.observe.pulse import Pulse

MAX_WAITING = 1000
"""Write sets that may wait; then `submit` blocks."""

MAX_TOGETHER = 32
"""Write sets in one transaction: enough to share an fsync, few enough to answer soon."""

LINGER_SECONDS = 0.004
"""What nobody waits for may wait so long for a transaction that is made anyway: at some hundred
events a second that halves the transactions, and with them what a delivery waits for the disk."""

RETRY_SECONDS = 1.0

_UNWRITABLE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
    }
)
"""Faults of the disk and of the moment, not of a write: they pass."""

_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
"""There is no room: for the log, or for the index of the log."""

_HINTS: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: " (another program has locked it)",
    sqlite3.SQLITE_IOERR: " (the disk is failing, or was taken away: see the kernel's log)",
    sqlite3.SQLITE_READONLY: " (see whether its file system was mounted read-only)",
}

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_GUILTY = (sqlite3.Error, ReactorError, ValueError, TypeError, OverflowError)
"""What a write raises that can never be applied: a conflict, or a value no column can hold."""

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Write(Protocol[T_co]):
    """A write set: a frozen value that knows its statements."""

    def apply(self, db: Connection) -> T_co:
        """Execute inside the writer's transaction; it may be called again after a rollback."""


@dataclass(frozen=True, slots=True)
class _Promise:
    """A write set and its sender's future. `fulfil` applies it and returns what tells the sender,
    to be called after the commit; `fail` does nothing to a sender that was told already.
    `is_patient`: it waits for a disk that has no room. `is_urgent`: it may have the reserve."""

    fulfil: Callable[[Connection], Callable[[], None]]
    fail: Callable[[JournalUnavailable], None]
    is_patient: bool
    is_urgent: bool


def _promise(write: Write[T], future: Future[T], *, is_patient: bool, is_urgent: bool) -> _Promise:
    def fulfil(db: Connection) -> Callable[[], None]:
        return partial(future.set_result, write.apply(db))

    def fail(fault: JournalUnavailable) -> None:
        if not future.done():
            future.set_exception(fault)

    return _Promise(fulfil, fail, is_patient, is_urgent)


class Writer:
    """Owns the writing connection. `run` is the body of the writer's thread."""

    def __init__(
        self,
        connection: Connection,
        on_trouble: Callable[[str], None],
        reserve: Reserve | None = None,
    ) -> None:
        """`on_trouble` gets a sentence when writing stops working, and one when it works again."""
        self._db = connection
        self._path = Path(connection.execute("pragma database_list").fetchone()["file"])
        self._file = _identity(self._path)
        self._on_trouble = on_trouble
        self._reserve = reserve
        self._changed = Condition()
        self._waiting: deque[_Promise] = deque()
        self._taken: list[_Promise] = []
        self._closing = False
        self._trouble: str | None = None
        self._is_short = False
        self._has_urgent = False
        self._is_awaited = False
        self.pulse = Pulse(monotonic)

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written at present, or None."""
        return self._trouble

    def submit(
        self,
        write: Write[T],
        *,
        is_patient: bool = True,
        is_urgent: bool = False,
        may_linger: bool = False,
    ) -> Future[T]:
        """Hand in a write set. Its future has the result once it is committed; it fails with
        JournalUnavailable when the write is refused or the journal is closed first; one that is not
        patient also when the disk takes nothing: for who must not wait until somebody makes room.
        What is urgent says how something ended that cannot be undone: it may have the reserve.
        What may linger is committed LINGER_SECONDS later if nothing else is to be sooner.

        Blocks while MAX_WAITING write sets wait. Done-callbacks run in the writer's thread.
        Raises JournalUnavailable after `close`, and at once to who is not patient.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what is on its way to the disk cannot be cancelled
        with self._changed:
            self._changed.wait_for(
                lambda: self._closing or is_urgent or len(self._waiting) < MAX_WAITING
            )
            if self._closing:
                raise JournalUnavailable("the journal is closed")
            if self._trouble and not is_patient:
                raise JournalUnavailable(self._trouble)
            promise = _promise(write, future, is_patient=is_patient, is_urgent=is_urgent)
            self._waiting.append(promise)
            self._has_urgent = self._has_urgent or is_urgent
            self._is_awaited = self._is_awaited or not may_linger
            self._changed.notify_all()
        return future

    def close(self) -> None:
        """Take nothing more. `run` then writes what waits, closes the connection and returns."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def run(self) -> None:
        """Write until closed. To be called once, in a thread of its own."""
        try:
            while self._wait():
                self._take()
                self._settle(self._taken)
        finally:
            self._end()

    def _wait(self) -> bool:
        """Until there is something to write, in trouble for a while; False when it is over."""
        with self._changed:
            if self._trouble:
                self.pulse.turn(RETRY_SECONDS)
                self._changed.wait_for(lambda: self._closing or self._has_urgent, RETRY_SECONDS)
            else:
                self.pulse.rest()
                self._changed.wait_for(lambda: self._closing or self._waiting)
                self._changed.wait_for(lambda: self._closing or self._is_awaited, LINGER_SECONDS)
            is_over = self._closing and not self._waiting
        self.pulse.turn()
        return not is_over

    def _take(self) -> None:
        """The next write sets; none while those that wait are not for the reserve."""
        if self._is_short and self._reserve and self._reserve.make():
            self._is_short = False
            self._recovered()
        with self._changed:
            self._has_urgent = False
            ready = self._put_urgent_first() if self._is_short else len(self._waiting)
            self._taken = [self._waiting.popleft() for _ in range(min(ready, MAX_TOGETHER))]
            self._is_awaited = bool(self._waiting)
            self._changed.notify_all()

    def _put_urgent_first(self) -> int:
        """How many are urgent. The others stay behind them, or are refused when we close: there
        will be no room for them."""
        urgent = [each for each in self._waiting if each.is_urgent]
        others = [each for each in self._waiting if not each.is_urgent]
        if self._closing:
            for promise in others:
                promise.fail(JournalUnavailable(self._trouble))
            others = []
        self._waiting = deque([*urgent, *others])
        return len(urgent)

    def _settle(self, group: list[_Promise]) -> None:
        """Make the group durable and tell its senders. If it cannot be, find the guilty one."""
        try:
            tellings = self._persist(group)
        except _GUILTY as fault:
            if len(group) > 1:
                for promise in group:
                    self._settle([promise])
            else:
                group[0].fail(_refused(fault))
        else:
            for tell in tellings:
                tell()

    def _persist(self, group: list[_Promise]) -> list[Callable[[], None]]:
        """Commit the group; what the disk does not take at present goes on to wait."""
        if not group:
            return []
        try:
            tellings = self._transact(group)
        except sqlite3.Error as error:
            if not _is_unwritable(error):
                raise
            self._put_back(group, error)
            return []
        if not self._is_short:
            self._recovered()
        return tellings

    def _transact(self, group: list[_Promise]) -> list[Callable[[], None]]:
        """One transaction, whole or not at all."""
        if _identity(self._path) != self._file:
            raise JournalUnavailable(
                f"the journal {self._path} was deleted or replaced while in use; what it held goes "
                "on nowhere: start again to begin a new one"
            )
        self._db.execute("begin immediate")
        try:
            tellings = [promise.fulfil(self._db) for promise in group]
            self._db.execute("commit")
        finally:
            if self._db.in_transaction:  # SQLite itself rolls some faults back
                self._db.execute("rollback")
        return tellings

    def _put_back(self, group: list[_Promise], error: sqlite3.Error) -> None:
        """Let the patient wait for a disk that takes them, and tell the others. Raises
        JournalUnavailable when we are to close instead."""
        if self._closing:
            raise JournalUnavailable(_unwritten(error)) from error
        patient = _only_patient(group, error)
        if not patient:
            return
        with self._changed:
            self._waiting = deque([*patient, *_only_patient(self._waiting, error)])
            self._changed.notify_all()
        if self._trouble is None:
            self._trouble = _unwritten(error)
            self._on_trouble(self._trouble)
        if error.sqlite_errorcode in _FULL and self._reserve and self._reserve.give_up():
            self._is_short = self._has_urgent = True
            self._on_trouble("the reserve was given up, to record what is under way")

    def _recovered(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self._on_trouble("the journal can be written again")

    def _end(self) -> None:
        """Leave no sender waiting, even if the thread dies of a fault of ours."""
        self.close()
        for promise in (*self._taken, *self._waiting):
            promise.fail(JournalUnavailable("the journal is closed"))
        with suppress(sqlite3.Error):  # on a full disk the log stays, and is read at the next start
            self._db.execute("pragma wal_checkpoint(truncate)")
        self._db.close()


def _only_patient(group: Iterable[_Promise], error: sqlite3.Error) -> list[_Promise]:
    """Those that wait; the others are told now."""
    patient = []
    for promise in group:
        if promise.is_patient:
            patient.append(promise)
        else:
            promise.fail(JournalUnavailable(_unwritten(error)))
    return patient


def _unwritten(error: sqlite3.Error) -> str:
    hint = _HINTS.get(_primary(error), "")
    return (
        f"the journal cannot be written: {error}{hint}; nothing is accepted or sent until it can be"
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file the path names at present. A deleted one still takes writes, for nobody."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_unwritable(error: sqlite3.Error) -> bool:
    return _primary(error) in _UNWRITABLE


def _primary(error: Exception) -> int:
    """Extended codes carry the primary one in their low byte; the module's own errors have none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _refused(fault: Exception) -> JournalUnavailable:
    """What a sender gets: one type, whatever went wrong beneath."""
    if isinstance(fault, JournalUnavailable):
        return fault
    if _primary(fault) in _DAMAGED:
        refusal = JournalUnavailable(
            f"the journal is damaged: {fault}; restore it from a backup, "
            "or move it away to begin a new one"
        )
    else:
        refusal = WriteRefused(f"the journal refused a write: {fault}")
    refusal.__cause__ = fault
    return refusal
