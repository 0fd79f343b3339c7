"""A real journal in a temporary directory, and short ways to ask it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.retention import sweep
from reactor.journal.writer import Writer
from tests.builders import NOON
from tests.journal.past import ANCIENT, DAY, KEEP, Past


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Connection]:
    """A writing connection, used as the writer's thread would."""
    connection = open_writer(tmp_path)
    yield connection
    connection.close()


HARMLESS = ("SCAN json_each", "SCAN CONSTANT ROW", "SCAN found")
"""Lists that the statement itself brings or makes; all else that is scanned is a table."""


@pytest.fixture
def scans(db: Connection) -> Callable[[Callable[[], object]], list[str]]:
    """Runs a function and says which of its statements read a whole table or index, or sort."""

    def observe(act: Callable[[], object]) -> list[str]:
        statements: list[str] = []
        db.set_trace_callback(statements.append)
        act()
        db.set_trace_callback(None)
        assert statements
        details = [
            row["detail"]
            for statement in statements
            if not statement.startswith("--")  # what triggers do is traced as a comment
            for row in db.execute(f"explain query plan {statement}")
        ]
        return [
            detail
            for detail in details
            if detail.startswith(("SCAN", "USE TEMP")) and not detail.startswith(HARMLESS)
        ]

    return observe


class RunningWriter:
    """A Writer whose thread runs; it keeps what `on_trouble` was told."""

    def __init__(self, connection: Connection) -> None:
        self.told: list[str] = []
        self.on_trouble: Callable[[str], None] = lambda _sentence: None
        self.writer = Writer(connection, self._tell)
        self._thread = Thread(target=self.writer.run)

    def _tell(self, sentence: str) -> None:
        self.told.append(sentence)
        self.on_trouble(sentence)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.writer.close()
        self._thread.join(10)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningWriter]:
    """A Writer that is to be started; it is closed at the end."""
    writer = RunningWriter(open_writer(tmp_path))
    yield writer
    if writer._thread.ident is None:
        writer.start()
    writer.close()


@pytest.fixture
def past(running: RunningWriter) -> Past:
    """A journal whose rules were taken up long ago."""
    past = Past(running.writer._db)
    past.adopt("now", ANCIENT - DAY)
    return past


@pytest.fixture
def swept(running: RunningWriter, tmp_path: Path) -> Callable[[], int]:
    """Sweeps once, and says how many rows went."""

    def act() -> int:
        if running._thread.ident is None:
            running.start()
        with closing(open_reader(tmp_path)) as reader:
            return sum(sweep(reader, running.writer, KEEP, NOON))

    return act
