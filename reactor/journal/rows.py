"""Many rows in few statements. A row that is bound and stepped by itself costs half as much again
as one of many in a statement, and every statement, even for no row at all, some microseconds."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from reactor.journal.database import Connection

TOGETHER = 50
"""Rows of one statement: more of them bring nothing. What is over goes row by row."""

Row = Sequence[Any]  # Any: what sqlite3 takes for a column


class Insert:
    """`insert into` a table: its name and the columns that are given, as `totals (name, count)`."""

    def __init__(self, into: str) -> None:
        places = ", ".join("?" * (into.count(",") + 1))
        self._one = f"insert into {into} values ({places})"  # noqa: S608 -- no word of anybody else
        self._many = f"{self._one}{f', ({places})' * (TOGETHER - 1)}"

    def rows(self, db: Connection, rows: Sequence[Row]) -> None:
        """Add these, in their order."""
        last = len(rows) - len(rows) % TOGETHER
        for first in range(0, last, TOGETHER):
            db.execute(self._many, [*chain.from_iterable(rows[first : first + TOGETHER])])
        each(db, self._one, rows[last:])


def each(db: Connection, statement: str, rows: Iterable[Row]) -> int:
    """Execute the statement with each of these; says how many rows it changed in all."""
    rows = list(rows)
    return db.executemany(statement, rows).rowcount if rows else 0
