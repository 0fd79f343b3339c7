from datetime import timedelta

import pytest

from tests.builders import replace
from tests.platforms.docker.story import COMPOSE, Story, a_container, an_event, at

UP = a_container(started_at=at(-60), created_at=at(-60), restart_count=0)


def a_story(*containers):
    """After a first listing of these."""
    story = Story()
    assert story.listed(*containers, seconds=0) == []
    return story


def down(**said):
    given = {"state": "Stopped", "finished_at": at(50), "exit_code": 1, **said}
    return replace(UP, **given)


def lines(told):
    return [each.line[1:] for each in told if each.data["type"] == "container"]


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([UP], []),
        ([down()], [("Stopped", "unknown", None)]),
        ([down(exit_code=137, oom_killed=True)], [("Stopped", "oom", False)]),
        ([], [("Terminated", None, None)]),
        (
            [replace(UP, started_at=at(50), restart_count=1)],
            [("Stopped", "unknown", None), ("Running", None, None)],
        ),
        (
            [down(started_at=at(40), restart_count=2)],
            [("Stopped", "unknown", None), ("Running", None, None), ("Stopped", "crash", False)],
        ),
        ([replace(UP, health="unhealthy")], [(None, "unhealthy", False)]),
        ([replace(UP, health="healthy")], []),
    ],
)
def test_of_what_changed_unseen_every_certain_step_is_told(listed, told):
    story = a_story(UP)

    frames = story.listed(*listed)

    assert lines(frames) == told
    assert all(each.data["inferred"] is True for each in frames)
    assert story.listed(*listed) == []


@pytest.mark.parametrize("state", ["Running", "Stopped"])
def test_a_container_that_was_made_unseen_begins_with_its_creation(state):
    new = a_container(
        "new", state, created_at=at(40), started_at=at(41), finished_at=at(50), exit_code=0
    )

    frames = a_story(UP).listed(UP, new)

    assert [each.data["action"] for each in frames] == ["create", *["update"] * (len(frames) - 1)]
    states = ["Starting", "Running", "Stopped"]
    assert [each.line[1] for each in frames] == states[: states.index(state) + 1]
    assert frames[0].data["datetime"].startswith("2031-05-06T10:20:40")


def test_the_groups_of_what_changed_unseen_change_with_it():
    story = a_story(replace(UP, labels=COMPOSE))

    told = story.listed(down(labels=COMPOSE))

    assert [each.line[:2] for each in told] == [
        ("container", "Stopped"),
        ("service", "Stopped"),
        ("stack", "Stopped"),
    ]
    assert all(each.data["inferred"] is True for each in told)


def test_what_ended_while_the_engine_was_away_went_with_it():
    story = a_story(UP)
    story.model.unreachable("no engine: connection refused", at(49))
    story.model.reached(at(60))
    story.told()

    (end,) = story.listed(down(exit_code=255))

    assert end.line[1:] == ("Stopped", "host_down", False)
    assert "no engine" in " ".join(end.facts["cause_evidence"])


def test_the_first_listing_tells_nothing_and_is_remembered():
    story = Story()
    everything = [a_container(f"c{n}", "Stopped", exit_code=137) for n in range(500)]

    assert story.listed(*everything) == []
    assert story.again().listed(*everything) == []


def test_after_a_restart_exactly_what_changed_is_told():
    story = a_story(UP, replace(UP, id="d00d"))

    told = story.again().listed(down(), replace(UP, id="d00d"))

    assert lines(told) == [("Stopped", "unknown", None)]


def test_what_events_told_since_the_listing_began_is_newer():
    story = a_story(UP, replace(UP, id="d00d"))

    def meanwhile():
        return story.tell(an_event("die", seconds=99, exitCode="1"))

    told = story.listed(UP, replace(UP, id="d00d"), a_container("new"), meanwhile=meanwhile)

    assert {each.data["resource_uri"] for each in told} == {told[0].data["resource_uri"]}
    assert [each.line[1] for each in told] == ["Starting", "Running"]


def test_a_restart_that_was_told_is_not_counted_as_unseen():
    story = a_story(UP)
    story.tell(an_event("die", seconds=10, exitCode="1"), an_event("start", seconds=11))
    again = replace(UP, started_at=at(11) - timedelta(milliseconds=5), restart_count=1)
    assert story.listed(again) == []

    by_hand = replace(again, started_at=at(50))

    assert lines(story.listed(by_hand))[0] == ("Stopped", "unknown", None)


def test_what_is_told_after_the_removal_does_not_bring_a_container_back():
    story = a_story(UP)
    story.tell(
        an_event("kill", seconds=10, signal="15"),
        an_event("die", seconds=10.1, exitCode="0"),
        an_event("destroy", seconds=10.2),
    )

    (late,) = story.tell(an_event("stop", seconds=10.3))  # of one with --rm

    assert late.line == ("container", None, None, None)
    assert story.listed() == []


def test_a_run_that_begins_while_another_is_known_ended_that_one_unseen():
    story = a_story(UP)

    told = story.tell(an_event("start", UP.id, 20))

    assert lines(told) == [("Stopped", "unknown", None), ("Running", None, None)]
    assert told[0].data["inferred"] is True


def test_what_ended_while_its_engine_was_away_ended_with_it():
    story = a_story(UP)
    story.model.unreachable("no engine", at(10))
    story.model.reached(at(20))
    story.told()

    told = story.tell(an_event("start", UP.id, 19))

    assert lines(told) == [("Stopped", "host_down", False), ("Running", None, None)]


def test_the_event_of_a_start_that_a_listing_has_shown_begins_no_other_run():
    story = a_story(replace(UP, started_at=at(-1)))

    assert lines(story.tell(an_event("start", UP.id, 0.5))) == [("Running", None, None)]
