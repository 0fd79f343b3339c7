import pytest

from reactor.engine.runs import Kill, Run
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.underway import Underway
from tests.platforms.docker.story import COMPOSE, Story, a_container, an_event, at

MADE = Known(id="c", state="Starting", created_at=at(0))
SIGNALLED = Known(id="c", state="Stopping", run=Run(kills=(Kill(signal=15, at=at(0)),)))


@pytest.mark.parametrize(("known", "seconds"), [(MADE, 10), (SIGNALLED, 12)])
def test_what_should_be_in_another_state_by_now_is_looked_at_once(known, seconds):
    underway = Underway()
    underway.note(known, at(0))

    assert underway.next_due == at(seconds)
    looked = [underway.is_late(at(each)) for each in (seconds - 0.1, seconds, 99)]
    assert looked == [False, True, False]
    assert underway.next_due is None


@pytest.mark.parametrize("known", [MADE, SIGNALLED])
@pytest.mark.parametrize("state", ["Running", "Stopped", "Terminated"])
def test_what_got_there_is_not(known, state):
    underway = Underway()
    underway.note(known, at(0))
    underway.note(Known(id="c", state=state, created_at=at(0), run=known.run), at(1))

    assert underway.next_due is None


@pytest.mark.parametrize("known", [MADE, SIGNALLED])
def test_what_is_found_late_is_looked_at_already(known):
    underway = Underway()
    underway.note(known, at(60))

    assert underway.next_due is None


def lines(told):
    return [each.line[:2] for each in told]


def test_who_survives_a_signal_runs_again_once_it_was_listed():
    story = Story()
    up = a_container(health="unhealthy", started_at=at(-60))
    story.listed(up, seconds=-30)
    story.tell(an_event("kill", seconds=0, signal="15"))
    assert (story.wait(11.9), story.model.wants_listing) == ([], False)

    story.wait(12)
    assert story.model.wants_listing
    (told,) = story.listed(up, seconds=13)

    assert told.line == ("container", "Running", None, None)
    assert told.facts["container"]["health"] == "unhealthy"
    assert story.model.next_due is None


def test_who_is_given_a_minute_to_end_is_stopping_for_a_minute():
    story = Story()
    up = a_container(started_at=at(-60), stop_seconds=60)
    story.listed(a_container(started_at=at(-60)), seconds=-30)
    story.tell(an_event("kill", seconds=0, signal="15"))
    story.wait(12)

    assert story.listed(up, seconds=13) == []
    assert story.model.next_due == at(62)
    assert lines(story.listed(up, seconds=63)) == [("container", "Running")]


def test_what_could_not_be_started_has_stopped():
    """The engine tells of its creation alone."""
    story = Story()
    story.listed()
    story.tell(an_event("create", seconds=101, **COMPOSE))
    story.wait(111)
    assert story.model.wants_listing

    bad = a_container(state="Stopped", exit_code=127, created_at=at(101), labels=COMPOSE)
    end, service, stack = story.listed(bad, seconds=112)

    assert end.line == ("container", "Stopped", "crash", False)
    assert end.facts["container"]["exit_reason"] == "127: the command was not found"
    assert end.facts["cause_evidence"][0] == "inspect: never started, exit code 127"
    assert lines([service, stack]) == [("service", "Stopped"), ("stack", "Stopped")]


def test_what_is_made_and_not_started_is_looked_at_once_and_starting():
    story = Story()
    story.listed()
    story.tell(an_event("create", seconds=101))
    story.wait(111)

    assert story.listed(a_container(state="Starting", created_at=at(101)), seconds=112) == []
    assert story.model.next_due is None
