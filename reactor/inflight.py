"""`DATA_DIR/inflight`: what is being decided at this moment, for the next start to find if deciding
it ends the process.

It is written before a batch is decided, marked after, and emptied when the transaction stands: some
microseconds, and nothing is synced. It survives the process, not a power cut, and need not.
"""

import os
import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from zlib import crc32

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from reactor.clock import monotonic
from reactor.model.event import Arrival, Event
from reactor.model.quarantine import Poison
from reactor.observe.pulse import Pulse

MAX_DEATHS = 3
"""How often an event may end the process until it is not tried any more."""

NAME = "inflight"
TRACE_NAME = "inflight.trace"
"""Where an end that can still say something of itself writes what every thread was doing."""

MAX_TRACE = 16 * 1024
"""Bytes of it that are read."""

Key = tuple[str, str]
"""A source, and a name in it: the id of an event of the journal, or the identity of a frame."""

_HEAD = struct.Struct("<cII")  # state, length and checksum of what follows
_EMPTY, _DECIDING, _DECIDED = b"-", b"?", b"!"


class _Content(Struct, frozen=True, kw_only=True):
    """What the file says. `frames` and `events` (those are in the journal) are being decided,
    `rest` comes after them, `rule` is tried at this moment. `deaths` counts the ends so far."""

    frames: Sequence[Arrival] = ()
    events: Sequence[Key] = ()
    rest: Sequence[Arrival] = ()
    rule: str | None = None
    deaths: Sequence[tuple[Key, int]] = ()


# How an arrival is acknowledged is no data: who would have heard of it is gone at the next start.
_encode = msgspec.msgpack.Encoder(enc_hook=lambda _: None).encode
_decode = msgspec.msgpack.Decoder(_Content).decode


class Inflight:
    """The file, for one thread at a time; all but the first reading is told to `tell` if it fails,
    and nothing else comes of that. `deciding` beats while something is being decided."""

    def __init__(self, data_dir: Path, tell: Callable[[str], None]) -> None:
        """Read what an earlier process left. The lock on `data_dir` must be held."""
        self._path, self._tell = data_dir / NAME, tell
        self._trace = data_dir / TRACE_NAME
        self._content = _Content()
        self._rest = deque[Arrival]()
        self._deaths: dict[Key, int] = {}
        self._rule: str | None = None
        self._last_words = ""
        self._is_written, self._is_in_trouble = False, False
        self.deciding = Pulse(monotonic)
        self._file: int | None = None
        try:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._read(self._path.read_bytes())
        except OSError as error:
            self._troubled(error)

    def _read(self, written: bytes) -> None:
        """Take up what stands there. Who was being decided when the process died is suspected."""
        state, content = _unpacked(written)
        if content is None:
            self._tell(f"{self._path} cannot be understood: what was being decided is not known")
        if not content or state == _EMPTY:
            return
        self._deaths = dict(content.deaths)
        self._rest.extend((*content.frames, *content.rest))
        if state == _DECIDING:
            self._rule = content.rule
            with suppress(OSError):  # who was killed from outside left none
                self._last_words = self._trace.read_text(errors="replace")[:MAX_TRACE]
            for key in (*map(_key_of, content.frames), *content.events):
                self._deaths[key] = self._deaths.get(key, 0) + 1
            count = len(content.frames) + len(content.events)
            self._tell(
                f"reactor died while it was deciding {count} events: each is tried by itself"
            )

    def next_frame(self) -> Arrival | None:
        """A frame that an earlier process did not come to commit; to be tried by itself."""
        return self._rest.popleft() if self._rest else None

    @property
    def has_suspects(self) -> bool:
        """Whether a process died while something was decided that still is to be."""
        return bool(self._deaths)

    def suspect(self, keys: Iterable[Key]) -> None:
        """These are known to be dangerous: one more death is enough."""
        self._deaths |= dict.fromkeys(keys, MAX_DEATHS - 1)

    def forget_others(self, keys: Iterable[Key]) -> None:
        """Suspect nothing but these any more, and frames that are still to be tried."""
        left = {*keys, *map(_key_of, self._rest)}
        self._deaths = {key: count for key, count in self._deaths.items() if key in left}

    def verdict(self, key: Key) -> Poison | None:
        """Why this must not be tried again, if so."""
        deaths = self._deaths.get(key, 0)
        if deaths < MAX_DEATHS:
            return None
        return Poison(
            why=f"reactor died {deaths} times while deciding it{self._how()}",
            trace=self._last_words,
            rule=self._rule,
        )

    def _how(self) -> str:
        """What the trace begins with, unless that is a thread."""
        first = self._last_words.partition("\n")[0].strip()
        return f"; {first}" if first and not first.endswith("(most recent call first):") else ""

    def hold(self, frames: Sequence[Arrival], events: Iterable[Key] = ()) -> None:
        """These are being decided from now on."""
        left, deaths = tuple(self._rest), tuple(self._deaths.items())
        content = _Content(frames=frames, events=tuple(events), rest=left, deaths=deaths)
        self._write(_DECIDING, content)
        self.deciding.turn()

    def hold_events(self, events: Iterable[Key]) -> None:
        """The frames as before, and these of the journal."""
        self.hold(self._content.frames, events)

    @property
    def is_last_try(self) -> bool:
        """Whether what is being decided is one event, and is not tried again if we die of it."""
        if not self._deaths:
            return False
        keys = [*map(_key_of, self._content.frames), *self._content.events]
        return len(keys) == 1 and self._deaths.get(keys[0], 0) == MAX_DEATHS - 1

    def name(self, rule: str | None) -> None:
        """What is being decided is tried with this rule alone, or with all (None)."""
        self._write(_DECIDING, replace(self._content, rule=rule))
        self.deciding.turn()

    def decided(self) -> None:
        """What is left to be done can be waited for; who dies of that dies of something else."""
        self.deciding.rest()
        self._mark(_DECIDED)

    def refused(self) -> None:
        """What was decided can never be written: that is their fault after all."""
        self._mark(_DECIDING)

    def clear(self, settled: Iterable[Event]) -> None:
        """The transaction stands, and nothing more is to be found out about these."""
        if self._deaths:
            over = (*map(_key_of, self._content.frames), *((e.source, e.id) for e in settled))
            self.forget_others(self._deaths.keys() - set(over))
        self._content = _Content(rest=tuple(self._rest), deaths=tuple(self._deaths.items()))
        if self._rest or self._deaths:
            self._write(_DECIDED, self._content)
        else:
            self._mark(_EMPTY)

    def _write(self, state: bytes, content: _Content) -> None:
        """In place, for cutting the file each time costs ten times as much."""
        self._content, self._is_written = content, False
        if self._file is None:
            return
        try:
            packed = _encode(content)
            _overwrite(self._file, _HEAD.pack(state, len(packed), crc32(packed)) + packed)
        except (OSError, TypeError, ValueError, OverflowError) as error:  # a full disk, a wild fact
            self._troubled(error)
        else:
            self._is_written, self._is_in_trouble = True, False

    def _mark(self, state: bytes) -> None:
        """Change what the file says of its content, if that is there."""
        if self._file is not None and self._is_written:
            with suppress(OSError):  # the next content that is written says so
                os.pwrite(self._file, state, 0)

    def _troubled(self, why: object) -> None:
        """Say so once: events are decided all the same."""
        if not self._is_in_trouble:
            self._is_in_trouble = True
            self._tell(f"{self._path} cannot be used, so an event that ends us is not found: {why}")

    def close(self) -> None:
        """Empty the file, unless something stands in it that was not committed."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                if os.pread(file, 1, 0) == _EMPTY:
                    os.ftruncate(file, 0)
            os.close(file)


def _unpacked(written: bytes) -> tuple[bytes, _Content | None]:
    """The state of the file and what it says, None if that is not whole."""
    if not written or written[:1] == _EMPTY:
        return _EMPTY, _Content()
    try:
        state, length, checksum = _HEAD.unpack_from(written)
        packed = written[_HEAD.size : _HEAD.size + length]
        return state, _decode(packed) if crc32(packed) == checksum else None
    except (struct.error, msgspec.MsgspecError):
        return _EMPTY, None


def _overwrite(file: int, data: bytes) -> None:
    """Raises OSError, also when there is room for a part only."""
    if os.pwrite(file, data, 0) < len(data):
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _key_of(frame: Arrival) -> Key:
    return frame.source, frame.identity
