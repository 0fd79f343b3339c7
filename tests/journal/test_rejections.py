"""Frames that could not become events: the newest are kept."""

from reactor.duration import to_micros
from reactor.journal.rejections import KEPT, insert_rejections
from reactor.model.event import Rejection
from tests.builders import NOON


def a_rejection(number):
    return Rejection(
        source="local",
        received_at=NOON,
        reason="not_json",
        excerpt=f"rubbish {number}",
        size=number,
    )


def test_rejections_are_kept_in_their_order(db):
    insert_rejections(db, [a_rejection(1)])
    insert_rejections(db, [a_rejection(2)])

    rows = db.execute(
        "select source, received_at, reason, excerpt, size from rejections order by number"
    ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("local", to_micros(NOON), "not_json", "rubbish 1", 1),
        ("local", to_micros(NOON), "not_json", "rubbish 2", 2),
    ]


def test_only_the_newest_are_kept(db):
    db.execute("begin")
    insert_rejections(db, [a_rejection(number) for number in range(KEPT)])
    insert_rejections(db, [a_rejection(KEPT), a_rejection(KEPT + 1)])

    rows = db.execute("select size from rejections order by number").fetchall()
    assert [row["size"] for row in rows] == list(range(2, KEPT + 2))


def test_no_rejections_are_nothing(db):
    insert_rejections(db, [])

    assert db.execute("select count(*) from rejections").fetchone()[0] == 0
