from itertools import pairwise

import pytest

from reactor.journal.rows import TOGETHER, Insert, each

REJECTIONS = Insert("rejections (number, source, received_at, reason, excerpt, size)")


def rejected(count):
    return [(number, "feed", number, "not_json", "", 0) for number in range(1, count + 1)]


@pytest.mark.parametrize(
    "count", [0, 1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER, 3 * TOGETHER + 7]
)
def test_every_row_is_added_once_whatever_their_number(db, count):
    REJECTIONS.rows(db, rejected(count))

    found = db.execute("select number, received_at from rejections order by number").fetchall()
    assert [tuple(row) for row in found] == [(n, n) for n in range(1, count + 1)]


def test_rows_are_added_in_their_order(db):
    into = Insert("rejections (source, received_at, reason, excerpt, size)")

    into.rows(db, [row[1:] for row in rejected(2 * TOGETHER + 3)])

    at = [row[0] for row in db.execute("select received_at from rejections order by number")]
    assert all(earlier < later for earlier, later in pairwise(at))


def test_a_statement_for_each_of_none_is_not_executed(db):
    seen = []
    db.set_trace_callback(seen.append)

    changed = each(db, "delete from rejections where number = ?", [])

    assert (changed, seen) == (0, [])


def test_it_is_told_how_many_rows_changed(db):
    REJECTIONS.rows(db, rejected(3))

    assert each(db, "delete from rejections where number = ?", [(1,), (3,), (9,)]) == 2
