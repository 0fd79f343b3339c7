import pytest

from reactor.engine.runs import Kill, Run
from reactor.platforms.docker.events import parse_event
from reactor.platforms.docker.known import Known, first_seen
from reactor.platforms.docker.moves import moved, run_after, state_told
from tests.platforms.docker.story import an_event, at


def event(action, seconds=0.0, **told):
    return parse_event(an_event(action, seconds=seconds, **told))


def after(*events, known=None):
    known = known or first_seen("c0ffee", {})
    for each in events:
        known = moved(known, each)
    return known


@pytest.mark.parametrize(
    ("action", "told", "state"),
    [
        ("create", {}, "Starting"),
        ("start", {}, "Running"),
        *(("kill", {"signal": signal}, "Stopping") for signal in ("2", "3", "9", "15")),
        *(("kill", {"signal": signal}, None) for signal in ("1", "10", "28", "")),  # a reload
        ("die", {"exitCode": "7"}, "Stopped"),
        ("destroy", {}, "Terminated"),
        ("died", {"exitCode": "7"}, "Stopped"),
        ("remove", {}, "Terminated"),
        *((action, {}, None) for action in ("stop", "oom", "restart", "pause", "rename")),
        ("health_status: unhealthy", {}, None),
        ("something new", {}, None),
    ],
)
def test_an_event_moves_a_container_to_a_state_or_to_none(action, told, state):
    happened = event(action, **told)

    assert state_told(happened) == state
    assert moved(Known(id="c", state="Running"), happened).state == (state or "Running")


def test_a_run_goes_from_its_start_to_its_end():
    known = after(
        event("create"),
        event("start", 1),
        event("kill", 4, signal="15"),
        event("die", 5, exitCode="143"),
        event("stop", 5.1),
    )

    assert (known.state, known.created_at, known.finished_at) == ("Stopped", at(0), at(5))
    assert (known.exit_code, known.ran_for) == (143, at(5) - at(1))
    assert known.run == Run(
        started_at=at(1),
        kills=(Kill(signal=15, at=at(4)),),
        died_at=at(5),
        exit_code=143,
        stopped_at=at(5.1),
    )


def test_a_start_begins_a_run_of_which_nothing_is_known():
    old = after(event("start"), event("oom", 1), event("die", 2, exitCode="137"))

    known = after(event("health_status: unhealthy", 3), event("start", 4), known=old)

    assert known.run == Run(started_at=at(4))
    assert (known.exit_code, known.finished_at, known.health) == (None, None, None)


def test_a_start_that_nobody_saw_follows_from_how_long_it_ran():
    known = after(event("die", 90, exitCode="0", execDuration="60"))

    assert known.run.started_at == at(30)


def test_a_signal_to_what_has_ended_does_not_make_it_stop_again():
    known = after(event("start"), event("die", 1, exitCode="1"), event("kill", 2, signal="9"))

    assert known.state == "Stopped"


def test_of_many_signals_the_last_ones_are_kept_each_once():
    run = Run()
    for seconds in (*range(20), 19):
        run = run_after(run, event("kill", seconds, signal="1"))

    assert [kill.at for kill in run.kills] == [at(seconds) for seconds in range(10, 20)]


@pytest.mark.parametrize(
    ("action", "moment"),
    [
        ("oom", "oom_at"),
        ("stop", "stopped_at"),
        ("restart", "restarted_at"),
        ("destroy", "destroyed_at"),
    ],
)
def test_what_proves_an_end_is_noted_with_its_time(action, moment):
    assert getattr(run_after(Run(), event(action, 7)), moment) == at(7)


def test_a_rename_and_a_probe_change_what_is_known_and_not_the_state():
    known = after(event("start"), event("rename", 1, name="web", oldName="/x"))
    known = after(event("health_status: healthy", 2), known=known)

    assert (known.name, known.health, known.state) == ("web", "healthy", "Running")
