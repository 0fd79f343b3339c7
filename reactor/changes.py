"""Changes of deliveries, of events in quarantine and of silences that an operator asks for: by
whoever holds the journal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from msgspec import to_builtins

from reactor.clock import utc_now
from reactor.journal.database import open_reader, open_writer
from reactor.journal.deliveries import choose
from reactor.journal.lock import Lock
from reactor.journal.moves import Cancel, Redeliver
from reactor.journal.quarantine import Release
from reactor.journal.silences import AddSilence, ExpireSilence
from reactor.journal.writer import Writer
from reactor.model.errors import JournalBusy
from reactor.model.journal import Selection
from reactor.model.quarantine import Retried
from reactor.model.silence import StoredSilence
from reactor.running import PATIENCE, ignore, started
from reactor.serving.control import ask

REDELIVER, REDELIVER_DEAD, CANCEL = "redeliver", "redeliver dead", "cancel"
CHANGES = (REDELIVER, REDELIVER_DEAD, CANCEL)
"""What may be asked to be done to deliveries. The second passes over what is not dead any more."""

RETRY = "retry"
"""What may be asked to be done to events in quarantine."""

SILENCE, EXPIRE = "silence", "expire"
"""What may be asked to be done to silences: to add one, and to end some before their time."""

SLICE = 1_000
"""How many are changed in one transaction: what comes in meanwhile waits for some 50 ms."""

_Change = Callable[[Sequence[str]], dict[str, str]]


def change_deliveries(data_dir: Path, do: str, ids: Sequence[str]) -> dict[str, str]:
    """Redeliver or cancel: by the running service if there is one, else here. Says per id
    "redelivered", "cancelled", or why not. Raises JournalUnavailable."""
    done: dict[str, str] = {}
    with _changer(data_dir, do) as change:
        for first in range(0, len(ids), SLICE):
            done |= change(ids[first : first + SLICE])
    return done


def change_chosen(
    data_dir: Path, do: str, selection: Selection, on_progress: Callable[[int], None]
) -> int:
    """The same for all of a selection, each at most once; `on_progress` hears after each slice how
    many it were so far. Returns how many. Raises JournalUnavailable: the slices before stand."""
    changed, last = 0, 0
    with _changer(data_dir, do) as change, closing(open_reader(data_dir)) as reader:
        while chosen := choose(reader, selection, after=last, most=SLICE):
            told = change([each.id for each in chosen])
            changed += sum(said in DONE for said in told.values())
            last = chosen[-1].number
            on_progress(changed)
    return changed


def retry_quarantined(data_dir: Path, ids: Sequence[str]) -> dict[str, str]:
    """Have events in quarantine tried again, one after the other: by the running service now, else
    at its next start. Says per id what came of it. Raises JournalUnavailable."""
    with _changer(data_dir, RETRY) as change:
        return {name: said for each in ids for name, said in change([each]).items()}


CANCELLED = "cancelled"
DONE = ("redelivered", CANCELLED)
"""What is said of a delivery that was changed."""


def add_silence(data_dir: Path, silence: StoredSilence) -> None:
    """Have this hold firings back: by the running service at once, else by the next one. Raises
    JournalUnavailable."""
    with _writer(data_dir, "reactor silence add") as writer:
        if writer is None:
            ask(data_dir, {"do": SILENCE, "silence": to_builtins(silence)})
        else:
            writer.submit(AddSilence(silence), is_patient=False).result()


def expire_silences(data_dir: Path, ids: Sequence[str]) -> dict[str, str]:
    """End silences before their time, as `expire` does. Raises JournalUnavailable."""
    with _changer(data_dir, EXPIRE) as change:
        return change(ids)


@contextmanager
def _changer(data_dir: Path, do: str) -> Iterator[_Change]:
    """What makes changes: the running service, or else we, who hold the journal until the end."""
    with _writer(data_dir, f"reactor {_COMMANDS.get(do, 'deliveries')} {do}") as writer:
        if writer is None:
            yield partial(_ask, data_dir, do)
        elif do == RETRY:
            yield partial(_release, writer)
        elif do == EXPIRE:
            yield partial(expire, writer)
        else:
            yield partial(change, writer, do)


_COMMANDS = {RETRY: "quarantine", EXPIRE: "silence"}


@contextmanager
def _writer(data_dir: Path, what: str) -> Iterator[Writer | None]:
    """A writer of our own, which holds the journal until the end and says `what` for; None while a
    service holds it."""
    open_reader(data_dir).close()  # a journal must be there: this must not make one
    try:
        lock = Lock.acquire(data_dir, what)
    except JournalBusy:
        yield None
        return
    writer = Writer(open_writer(data_dir), ignore)
    thread = started("writer", writer.run, ignore)
    try:
        yield writer
    finally:
        writer.close()
        thread.join(PATIENCE)
        lock.release()


def _ask(data_dir: Path, do: str, ids: Sequence[str]) -> dict[str, str]:
    done = ask(data_dir, {"do": do, "ids": list(ids)}).get("done")
    return {str(name): str(said) for name, said in done.items()} if isinstance(done, dict) else {}


EXPIRED = "expired"


def expire(writer: Writer, ids: Sequence[str]) -> dict[str, str]:
    """End silences by this writer; says per id EXPIRED, or why not. Blocks until it stands; raises
    JournalUnavailable."""
    return {name: _expire(writer, name) for name in ids}


def _expire(writer: Writer, identity: str) -> str:
    ended = writer.submit(ExpireSilence(id=identity, at=utc_now()), is_patient=False).result()
    return EXPIRED if ended else "there is no such silence, or it is over"


def change(writer: Writer, do: str, ids: Sequence[str]) -> dict[str, str]:
    """One of CHANGES by this writer; says per id what was done, or why not. Blocks until it stands;
    raises JournalUnavailable."""
    names = tuple(ids)
    write = (
        Cancel(ids=names)
        if do == CANCEL
        else Redeliver(ids=names, at=utc_now(), only_dead=do == REDELIVER_DEAD)
    )
    return writer.submit(write, is_patient=False).result()


def _release(writer: Writer, ids: Sequence[str]) -> dict[str, str]:
    """Nobody decides here: the next service will."""
    released = writer.submit(Release(ids=tuple(ids)), is_patient=False).result()
    found = {name for _, name in released}
    return {name: Retried.POSTPONED if name in found else Retried.ABSENT for name in ids}
