"""Changes of deliveries that an operator asks for: by whoever holds the journal."""

from pathlib import Path

from reactor.clock import utc_now
from reactor.journal.database import open_reader, open_writer
from reactor.journal.lock import Lock
from reactor.journal.moves import Cancel, Redeliver
from reactor.journal.writer import Writer
from reactor.model.errors import JournalBusy
from reactor.running import PATIENCE, ignore, started
from reactor.serving.control import ask

CHANGES = ("redeliver", "cancel")
"""What a command may ask to be done to deliveries."""


def change_deliveries(data_dir: Path, do: str, ids: list[str]) -> dict[str, str]:
    """Redeliver or cancel: by the running service if there is one, else here. Says per id
    "redelivered", "cancelled", or why not. Raises JournalUnavailable."""
    open_reader(data_dir).close()  # a journal must be there: this must not make one
    try:
        lock = Lock.acquire(data_dir, f"reactor deliveries {do}")
    except JournalBusy:
        done = ask(data_dir, {"do": do, "ids": ids}).get("done")
        return (
            {str(name): str(said) for name, said in done.items()} if isinstance(done, dict) else {}
        )
    writer = Writer(open_writer(data_dir), ignore)
    thread = started("writer", writer.run, ignore)
    try:
        return change(writer, do, tuple(ids))
    finally:
        writer.close()
        thread.join(PATIENCE)
        lock.release()


def change(writer: Writer, do: str, ids: tuple[str, ...]) -> dict[str, str]:
    """One of CHANGES by this writer; says per id what was done, or why not. Blocks until it stands;
    raises JournalUnavailable."""
    now = utc_now()
    write = Redeliver(ids=ids, at=now) if do == "redeliver" else Cancel(ids=ids)
    return writer.submit(write, is_patient=False).result()
