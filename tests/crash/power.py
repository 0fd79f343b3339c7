"""A disk that forgets: the journal's own writer and write sets over a file layer that keeps a tape
of what SQLite asks of the files, and what is left of them when the power fails at any place of it.

The file layer is that of apsw, which brings an SQLite of its own; Python's cannot be given one. It
has no shared memory, so the journal is opened for this connection alone. All else, the pragmas
among it, is as the service has it, but that a checkpoint comes after every hundred pages.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from reactor.journal import database

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes that were handed to a file; of no length at the place where it was cut off."""

    name: str
    at: int
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Synced:
    """All that was written to a file before is on the disk now."""

    name: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Somebody was told that this stands: a word and an id."""

    what: str
    identity: str


Entry = Wrote | Synced | Acknowledged

Fault = Callable[[str], None]
"""Is told what is about to be done to a file, and may raise instead."""


def no_fault(_: str) -> None:
    """A disk that does all it is told."""


@dataclass(slots=True)
class Tape:
    """What happened, in order. `before` is what the files held when it began."""

    folder: Path
    before: dict[str, bytes] = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    is_passed_over: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.before = {
            path.name: path.read_bytes()
            for path in self.folder.iterdir()
            if path.name in ("reactor.db", "reactor.db-wal")
        }

    def failed(self, what: str, name: str) -> None:
        """Something failed. After a commit, in the checkpoint that follows it, SQLite passes that
        over and tries again later; apsw raises it all the same. Before the commit's own sync only
        the log is touched."""
        ours = (each for each in reversed(self.entries) if getattr(each, "name", None) == name)
        is_committed = what == "sync" and isinstance(next(ours, None), Synced)
        self.is_passed_over = name == "reactor.db" or is_committed


class _Layer(apsw.VFS):
    """The file layer: the real one, with a tape that runs."""

    def __init__(self, name: str, tape: Tape, fault: Fault) -> None:
        self._tape, self._fault = tape, fault
        super().__init__(name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 -- apsw calls it so
        return _File(name, flags, self._tape, self._fault)


class _File(apsw.VFSFile):
    def __init__(
        self, name: str | apsw.URIFilename | None, flags: list[int], tape: Tape, fault: Fault
    ) -> None:
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._name, self._tape, self._fault = Path(text).name, tape, fault
        super().__init__("", name, flags)

    def _risk(self, what: str) -> None:
        try:
            self._fault(what)
        except apsw.IOError:
            self._tape.failed(what, self._name)
            raise

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 -- apsw calls it so
        self._risk("write")
        super().xWrite(data, offset)
        self._tape.entries.append(Wrote(self._name, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802 -- apsw calls it so
        super().xTruncate(newsize)
        self._tape.entries.append(Wrote(self._name, newsize, None))

    def xSync(self, flags: int) -> None:  # noqa: N802 -- apsw calls it so
        self._risk("sync")
        super().xSync(flags)
        self._tape.entries.append(Synced(self._name))


class Recorded:
    """A connection as the journal's code knows it, over a tape."""

    def __init__(self, tape: Tape, fault: Fault) -> None:
        layer, self._tape = f"tape-{id(self)}", tape
        self._layer = _Layer(layer, tape, fault)
        self._db = apsw.Connection(str(tape.folder / "reactor.db"), vfs=layer)
        self.row_factory: object = None
        self.execute("pragma locking_mode = exclusive")
        database._configure(self)  # type: ignore[arg-type]  # it has what is used of a Connection
        self.execute("pragma wal_autocheckpoint = 100")

    @property
    def in_transaction(self) -> bool:
        """Whether one was begun."""
        return self._db.in_transaction

    def execute(self, statement: str, values: object = ()) -> "Rows":
        """One statement, to its end."""
        return self._run(lambda cursor: cursor.execute(statement, values))  # type: ignore[arg-type]

    def executemany(self, statement: str, values: Iterable[object]) -> "Rows":
        """One statement for each of the values."""
        return self._run(lambda cursor: cursor.executemany(statement, values))  # type: ignore[arg-type]

    def _run(self, act: Callable[[apsw.Cursor], Iterable[object]]) -> "Rows":
        cursor, before = self._db.cursor(), self._db.total_changes()
        cursor.row_trace = _named
        try:
            rows = list(act(cursor))
        except apsw.ConstraintError as error:
            raise sqlite3.IntegrityError(str(error)) from error
        except apsw.Error as error:
            if isinstance(error, apsw.IOError) and self._tape.is_passed_over:
                return Rows([], 0)
            fault = sqlite3.OperationalError(str(error))
            fault.sqlite_errorcode = getattr(error, "extendedresult", sqlite3.SQLITE_ERROR)
            raise fault from error
        return Rows(rows, self._db.total_changes() - before)

    def close(self) -> None:
        """As the writer does at its end."""
        self._db.close()


class Rows:
    """What a statement gave."""

    def __init__(self, rows: Sequence[object], changed: int) -> None:
        self._rows, self.rowcount = iter(rows), changed

    def __iter__(self) -> Iterator[object]:
        return self._rows

    def fetchone(self) -> object:
        """The next one, or None."""
        return next(self._rows, None)

    def fetchall(self) -> list[object]:
        """The rest."""
        return list(self._rows)


@dataclass(frozen=True, slots=True)
class Row:
    """A row whose columns have names."""

    names: Sequence[str]
    values: Sequence[object]

    def __getitem__(self, key: int | str) -> object:
        return self.values[self.names.index(key) if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[object]:
        return iter(self.values)

    def keys(self) -> Sequence[str]:
        """The names of its columns."""
        return self.names


def _named(cursor: apsw.Cursor, row: tuple[object, ...]) -> Row:
    return Row([column[0] for column in cursor.get_description()], row)


@dataclass(slots=True)
class _Platter:
    """A file: what is surely on the disk, and what may be."""

    held: bytearray
    afloat: list[Wrote] = field(default_factory=list)

    def settle(self) -> None:
        """It was synced."""
        for wrote in self.afloat:
            _put(self.held, wrote)
        self.afloat = []

    def after_a_cut(self, chance: Random) -> bytes:
        """Of what was not synced each write is there, is not, or is torn."""
        content = bytearray(self.held)
        for wrote in self.afloat:
            fate = chance.choice(("there", "lost", "torn"))
            if fate == "there" or (fate == "torn" and wrote.content is None):
                _put(content, wrote)
            elif fate == "torn":
                for sector in _sectors(wrote):
                    if chance.random() < 0.5:
                        _put(content, sector)
        return bytes(content)


def _sectors(wrote: Wrote) -> Iterator[Wrote]:
    content, first = wrote.content or b"", SECTOR - wrote.at % SECTOR
    for start, end in _spans(first, len(content)):
        yield Wrote(wrote.name, wrote.at + start, content[start:end])


def _spans(first: int, length: int) -> Iterator[tuple[int, int]]:
    start, end = 0, min(first, length)
    while start < length:
        yield start, end
        start, end = end, min(end + SECTOR, length)


def _put(content: bytearray, wrote: Wrote) -> None:
    if wrote.content is None:
        del content[wrote.at :]
        return
    content.extend(bytes(max(0, wrote.at - len(content))))
    content[wrote.at : wrote.at + len(wrote.content)] = wrote.content


@dataclass(frozen=True, slots=True)
class Cut:
    """The power failed here: what the disk holds, and what was acknowledged before."""

    files: dict[str, bytes]
    acknowledged: frozenset[Acknowledged]

    def lay_out(self, folder: Path) -> Path:
        """The files, in a new folder."""
        folder.mkdir()
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder


def cuts(tape: Tape, chance: Random, count: int) -> Iterator[Cut]:
    """The power fails at so many places of the tape, each time as if it were the only one."""
    places = set(chance.sample(range(1, len(tape.entries)), count))
    files = {name: _Platter(bytearray(content)) for name, content in tape.before.items()}
    acknowledged: set[Acknowledged] = set()
    for place, entry in enumerate(tape.entries):
        if place in places:
            left = {name: file.after_a_cut(chance) for name, file in files.items()}
            yield Cut(left, frozenset(acknowledged))
        if isinstance(entry, Acknowledged):
            acknowledged.add(entry)
        elif isinstance(entry, Synced):
            files.setdefault(entry.name, _Platter(bytearray())).settle()
        else:
            files.setdefault(entry.name, _Platter(bytearray())).afloat.append(entry)
