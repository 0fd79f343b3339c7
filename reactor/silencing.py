"""The silences of the journal, brought to whoever holds firings back by them."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from threading import Lock

from reactor.config.silences import parse_silence
from reactor.journal.database import Connection
from reactor.journal.silences import active
from reactor.model.errors import ReactorError
from reactor.model.silence import Silence, StoredSilence


class Silencing:
    """Brings to `hold` what holds at present, whenever that has changed. May be used by several
    threads. `warn` gets a sentence of one that cannot be understood and holds nothing back."""

    def __init__(
        self,
        reader: Callable[[], Connection],
        hold: Callable[[tuple[Silence, ...]], None],
        *,
        now: Callable[[], datetime],
        warn: Callable[[str], None],
    ) -> None:
        self._reader, self._hold, self._now, self._warn = reader, hold, now, warn
        self._known: tuple[StoredSilence, ...] = ()
        self._looking = Lock()  # else what was read before a change could be brought after it

    def look(self) -> None:
        """See what holds now. Blocks for a read, and until what is being decided is; raises
        JournalUnavailable."""
        with self._looking:
            with closing(self._reader()) as reader:
                found = tuple(active(reader, self._now()))
            if found != self._known:
                self._hold(tuple(each for row in found if (each := self._understood(row))))
                self._known = found

    def _understood(self, row: StoredSilence) -> Silence | None:
        try:
            match = parse_silence(row.text)
        except ReactorError as fault:  # as an older or newer version may have written it
            self._warn(f"silence {row.id} holds nothing back: {fault}")
            return None
        return Silence(
            id=row.id,
            text=row.text,
            match=match,
            author=row.author,
            comment=row.comment,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
