"""`DATA_DIR/hub.json`: what clients wrote, as long as the directory lasts. Each change is a whole
new file, on the disk before it takes the place of the old one, so that no crash leaves a part."""

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from threading import Lock as Guard
from typing import Annotated, Literal

import msgspec

from reactor.hub.fleet import Unavailable
from reactor.hub.update import MOST_CONTAINERS
from reactor.hub.written import Trigger, Writing, Written
from reactor.journal.database import sync
from reactor.journal.lock import Lock
from reactor.model.errors import JournalBusy, ReactorError

NAME = "hub.json"
LOCK_NAME = "hub.lock"

VERSION = 1
"""Of the format. Whatever changes it, an addition too, makes it another: an older program would
leave out what it does not know."""


class _Head(msgspec.Struct):
    """What a file of any version begins with."""

    version: int


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """Version 1."""

    version: Literal[1]
    triggers: tuple[Trigger, ...]
    wanted: Mapping[str, Annotated[int, msgspec.Meta(ge=0, le=MOST_CONTAINERS)]]


class Kept:
    """May be used from any thread. Nothing is read or made before it is opened.

    `what` is who keeps it, in words: "reactor hub". `warn` takes a line of what people should know.
    """

    def __init__(self, data_dir: Path, what: str, warn: Callable[[str], None]) -> None:
        self._path = data_dir / NAME
        self._what, self._warn = what, warn
        self._guard = Guard()
        self._opened: tuple[Lock, Written] | None = None

    def open(self) -> Written:
        """What is kept, the same until `close`. A file that is damaged is set aside with a warning.

        Raises ReactorError: another hub has it, it is of a newer program, or it cannot be written,
        which is tried at once. Blocks for the disk.
        """
        with self._guard:
            if self._opened is None:
                self._opened = self._begun()
            return self._opened[1]

    def _begun(self) -> tuple[Lock, Written]:
        with _explained(self._path), ExitStack() as stack:
            lock = self._locked()
            stack.callback(lock.release)
            present = self._read()
            self._write(present)
            stack.pop_all()
        return lock, Written(present, keep=self._keep, warn=self._warn)

    def _locked(self) -> Lock:
        try:
            return Lock.acquire(
                self._path.parent, self._what, name=LOCK_NAME, of="what a hub keeps"
            )
        except JournalBusy as busy:
            raise ReactorError(f"{busy}; give each hub a --data-dir of its own") from busy

    def _read(self) -> Writing:
        try:
            return _decoded(self._path.read_bytes(), self._path)
        except FileNotFoundError:
            return Writing()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
            aside = self._set_aside()
            self._warn(
                f"{self._path} is damaged ({fault}) and was set aside as {aside.name}: the hub "
                "begins without triggers; put it back when it is mended, or make them anew"
            )
            return Writing()

    def _set_aside(self) -> Path:
        names = (self._path.with_name(f"{NAME}.damaged-{number}") for number in count(1))
        aside = next(path for path in names if not path.exists())
        self._path.rename(aside)
        return aside

    def _keep(self, writing: Writing) -> None:
        """Raises Unavailable."""
        with self._guard:
            if self._opened is None:
                raise Unavailable("The hub is stopping; nothing can be kept any more.")
            try:
                self._write(writing)
            except OSError as fault:
                why = fault.strerror or fault
                raise Unavailable(f"It cannot be kept, so nothing was changed: {why}.") from fault

    def _write(self, writing: Writing) -> None:
        """On the disk when it returns. Raises OSError."""
        file = _File(version=1, triggers=writing.triggers, wanted=writing.wanted)
        part = self._path.with_name(f"{NAME}.new")
        part.unlink(missing_ok=True)  # of a process that was killed here
        # For its owner alone: who knows a trigger may call it.
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(msgspec.json.format(msgspec.json.encode(file)))
            opened.flush()
            os.fsync(descriptor)
        part.rename(self._path)
        sync(self._path.parent)

    def close(self) -> None:
        """Let the next hub in. What is to be kept from now on is refused."""
        with self._guard:
            if self._opened:
                self._opened[0].release()
            self._opened = None


def _decoded(written: bytes, path: Path) -> Writing:
    """Raises ReactorError for what a newer program wrote, and what msgspec raises for damage."""
    version = msgspec.json.decode(written, type=_Head).version
    if version > VERSION:
        raise ReactorError(
            f"{path} is of version {version}, this program knows versions up to {VERSION}; "
            "install the newer reactor that wrote it, or name another --data-dir"
        )
    file = msgspec.json.decode(written, type=_File)
    return Writing(triggers=file.triggers, wanted=file.wanted)


@contextmanager
def _explained(path: Path) -> Generator[None]:
    """Turn the system's refusal into ours."""
    try:
        yield
    except OSError as fault:
        raise ReactorError(
            f"{path} cannot be kept: {fault.strerror or fault}; see that reactor may write there "
            "and that the disk has room, or name another directory with --data-dir"
        ) from fault
