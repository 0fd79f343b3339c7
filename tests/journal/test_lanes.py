"""What is known of a lane at the next start."""

from datetime import timedelta

from reactor.journal.batch import Batch
from reactor.journal.lanes import forget_pauses, pauses, save_pauses, save_windows, windows
from reactor.journal.moves import Cancel
from reactor.model.journal import Pause
from tests.builders import NOON, a_delivery, replace

SECOND = timedelta(seconds=1)
PAUSE = Pause(since=NOON, why="503 Busy", failures=9, probes=4, probe_at=NOON + SECOND)


def test_pauses_are_kept_changed_and_ended(db):
    save_pauses(db, {"ops": PAUSE, "audit": PAUSE})
    later = replace(PAUSE, probes=5)

    save_pauses(db, {"ops": later, "audit": None})

    assert pauses(db) == {"ops": later}


def test_the_pause_of_a_lane_in_which_nothing_waits_is_forgotten(db):
    save_pauses(db, {"ops": PAUSE, "audit": PAUSE})
    for number, lane in enumerate(("ops", "audit")):
        Batch(deliveries=(a_delivery(id=f"delivery-{number}", lane=lane),)).apply(db)
    Cancel(ids=("delivery-1",)).apply(db)

    forget_pauses(db)

    assert pauses(db) == {"ops": PAUSE}


def test_forgetting_looks_into_no_more_than_the_pauses(db, scans):
    save_pauses(db, {"ops": PAUSE})

    assert scans(lambda: forget_pauses(db)) == ["SCAN pauses"]


def test_the_starts_of_a_lane_are_kept_to_the_microsecond(db):
    starts = ((NOON, 3), (NOON + timedelta(microseconds=1), 1))

    save_windows(db, {"ops": ((NOON, 1),), "audit": ()})
    save_windows(db, {"ops": starts})

    assert windows(db) == {"ops": starts, "audit": ()}
