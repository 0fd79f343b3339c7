"""Ready means that all of it moves; hung, that nothing but a restart would help."""

import pytest

from reactor.sources.supervise import SourceState
from reactor.vitals.health import HUNG, NO_RESERVE, SLOW, hung, unready
from tests.builders import replace
from tests.vitals.parts import LOCAL, PAUSE, Loop, Writing, parts


def test_a_service_that_works_lacks_nothing():
    assert (unready(parts()), hung(parts(), SLOW)) == ({}, {})


def test_before_the_start_only_that_is_told():
    assert unready(parts(is_started=False, pipeline=99)) == {"service": "starting"}


@pytest.mark.parametrize(
    ("state", "detail", "why"),
    [
        (SourceState.CONNECTED, "/events", None),
        (SourceState.ENDED, "", None),
        (SourceState.STARTING, "", "starting since 2031-05-06T10:20:30.000000Z"),
        (SourceState.WAITING, "gone", "waiting since 2031-05-06T10:20:30.000000Z: gone"),
        (SourceState.REFUSED, "no key", "refused since 2031-05-06T10:20:30.000000Z: no key"),
    ],
)
def test_every_source_has_to_be_subscribed_or_at_its_end(state, detail, why):
    source = replace(LOCAL, state=state, detail=detail)

    assert unready(parts(source=source)) == ({"source local": why} if why else {})


@pytest.mark.parametrize("loop", ["pipeline", "dispatcher"])
def test_a_loop_that_owes_a_sign_of_life_is_not_ready_and_after_a_while_hung(loop):
    assert unready(parts(**{loop: SLOW})) == {}
    assert unready(parts(**{loop: 12.4})) == {loop: "no sign of life for 12 s"}
    assert hung(parts(**{loop: 12.4}), HUNG) == {}
    assert hung(parts(**{loop: 61}), HUNG) == {loop: "no sign of life for 61 s"}


def test_one_of_several_destinations_that_is_paused_is_borne():
    assert unready(parts(paused={"ops": PAUSE, "source:cloud": PAUSE})) == {}


def test_when_every_destination_is_paused_the_service_is_not_ready():
    paused = {"ops": PAUSE, "audit": PAUSE}

    assert unready(parts(paused=paused)) == {
        "destination audit": "paused: 503 Busy",
        "destination ops": "paused: 503 Busy",
    }
    assert hung(parts(paused=paused), HUNG) == {}


def test_a_disk_without_room_for_the_reserve_is_told_before_it_is_full():
    assert unready(parts(has_reserve=False)) == {"journal": NO_RESERVE}
    assert hung(parts(has_reserve=False), HUNG) == {}


def test_a_journal_that_takes_nothing_is_not_ready_and_its_cause_is_told():
    broken = parts(writer=Writing(trouble="the journal cannot be written: disk full"))

    assert unready(broken) == {"journal": "the journal cannot be written: disk full"}


def test_a_commit_that_does_not_end_is_told_too():
    slow = parts(writer=Writing(pulse=Loop(70)))

    assert unready(slow) == {"journal": "no sign of life for 70 s"}
    assert hung(slow, HUNG) == {"journal": "no sign of life for 70 s"}


def test_who_waits_for_a_full_disk_does_not_hang():
    """A restart would not make room on it."""
    waiting = parts(pipeline=3600, dispatcher=3600, writer=Writing(trouble="disk full"))

    assert unready(waiting) == {"journal": "disk full"}
    assert hung(waiting, HUNG) == {}


def test_a_writer_that_hangs_in_its_trouble_hangs():
    stuck = parts(writer=Writing("disk full", Loop(3600)))

    assert hung(stuck, HUNG) == {"journal": "no sign of life for 3600 s"}
