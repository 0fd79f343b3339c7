"""`reactor backup`: a copy of the journal that is whole."""

from pathlib import Path
from typing import Annotated

import typer

from reactor.cli.output import data, talk
from reactor.cli.places import default_data_dir
from reactor.journal.backup import back_up

STEPS = 10
"""Lines of progress at the most."""


def backup(
    file: Annotated[Path, typer.Argument(help="Where the copy goes.")],
    *,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where the journal is.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Copy the journal, also while it is in use, and check the copy.

    To restore it, stop the service and put the copy in place of DATA_DIR/reactor.db, without
    reactor.db-wal and reactor.db-shm.

    Example:  reactor backup /backups/reactor.db --data-dir /var/lib/reactor
    """
    if file.exists() and not force:
        raise typer.BadParameter(f"{file} is there already; name another file, or use --force")
    back_up(data_dir or default_data_dir(), file, Percentage().tell)
    data(f"{file}: {file.stat().st_size} bytes, checked")


class Percentage:
    """Tells how far a copy is, at every tenth of it."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, done: int, pages: int) -> None:
        """So many of so many pages are copied."""
        step = done * STEPS // pages if pages else STEPS
        if step > self._told:
            self._told = step
            talk(f"{step * 100 // STEPS} %")
