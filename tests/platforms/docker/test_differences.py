from datetime import timedelta

import pytest

from reactor.platforms.docker.waiting import Answer
from tests.builders import replace
from tests.platforms.docker.story import COMPOSE, Story, a_container, an_event, at

UP = a_container(started_at=at(-60), created_at=at(-60), restart_count=0)


def a_story(*containers):
    """After a first listing of these."""
    story = Story()
    assert story.listed(*containers, seconds=0) == []
    return story


def down(**said):
    given = {"state": "Stopped", "finished_at": at(50), "exit_code": 143, **said}
    return replace(UP, **given)


def lines(told):
    return [each.line[1:] for each in told if each.data["type"] == "container"]


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([UP], []),
        ([down()], [("Stopped", "unknown", None)]),
        ([down(exit_code=9)], [("Stopped", "crash", False)]),
        ([down(exit_code=9, node_id="node-2")], [("Stopped", "unknown", None)]),  # of a swarm
        ([down(exit_code=137, oom_killed=True)], [("Stopped", "oom", False)]),
        ([], [("Stopped", "unknown", None), ("Terminated", "unknown", None)]),
        (
            [replace(UP, started_at=at(50), restart_count=1)],
            [("Stopped", "unknown", None), ("Running", None, None)],
        ),
        (
            [down(started_at=at(40), restart_count=2, exit_code=1)],
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


def away(*containers, is_another):
    """A story in which the engine could not be reached from 49 to 60 s."""
    story = a_story(*containers)
    story.model.unreachable("no engine: connection refused", at(49))
    story.model.reached(at(60))
    if is_another:
        story.model.restarted(at(48))
    story.told()
    return story


def test_what_ended_while_the_engine_was_away_went_with_it_if_that_is_another_one():
    (end,) = away(UP, is_another=True).listed(down(exit_code=255))

    assert end.line[1:] == ("Stopped", "host_down", False)
    assert end.facts["cause_evidence"][0] == (
        "10:20:48.000 no engine: connection refused; the engine was restarted"
    )


@pytest.mark.parametrize(
    ("code", "cause", "planned", "reason"),
    [
        (255, "unknown", None, "255"),
        (137, "unknown", None, "137 = SIGKILL"),
        (9, "crash", False, "9: ended by itself"),
    ],
)
def test_that_it_could_not_be_reached_alone_shows_nothing(code, cause, planned, reason):
    (end,) = away(UP, is_another=False).listed(down(exit_code=code))

    assert end.line[1:] == ("Stopped", cause, planned)
    assert end.facts["container"]["exit_reason"] == reason


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


def test_a_restart_that_was_told_makes_no_crash_of_a_later_end():
    story = a_story(UP)
    story.tell(an_event("die", seconds=10, exitCode="1"), an_event("start", seconds=11))

    stopped = down(started_at=at(11), exit_code=143, restart_count=1)

    assert lines(story.listed(stopped)) == [("Stopped", "unknown", None)]


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


@pytest.mark.parametrize("is_another", [True, False])
def test_a_run_that_a_new_engine_begins_ended_that_one_with_the_engine_before(is_another):
    told = away(UP, is_another=is_another).tell(an_event("start", UP.id, 59))

    end = ("Stopped", "host_down", False) if is_another else ("Stopped", "unknown", None)
    assert lines(told) == [end, ("Running", None, None)]


def test_the_event_of_a_start_that_a_listing_has_shown_begins_no_other_run():
    story = a_story(replace(UP, started_at=at(-1)))

    assert lines(story.tell(an_event("start", UP.id, 0.5))) == [("Running", None, None)]


def test_what_ended_before_it_went_unseen_only_went():
    assert lines(a_story(down()).listed()) == [("Terminated", None, None)]


def test_the_end_of_what_is_gone_is_the_same_whenever_it_is_found():
    story = a_story(UP)
    restarted = story.again()

    uuids = [
        [each.data["uuid"] for each in one.listed(seconds=n)]
        for n, one in ((100, story), (200, restarted))
    ]

    assert uuids[0] == uuids[1]


LAST_WORDS = Answer(evidence={"log_tail": "no memory left"})


def a_curious_story(*containers, answers=LAST_WORDS):
    """One that is to tell of last words."""
    story = Story(wishes=frozenset({"log_tail"}), answers=answers)
    story.listed(*containers, seconds=0)
    return story


def test_the_last_words_of_what_ended_unseen_are_asked_for():
    story = a_curious_story(UP)

    assert story.listed(down(), seconds=1000) == []
    (end,) = story.answered()

    assert (end.line[1], end.facts["container"]["log_tail"]) == ("Stopped", "no memory left")
    assert end.facts["container"]["exit_code"] == 143
    assert [ask.until for ask in story.asked] == [at(50)]


def test_what_runs_again_waits_for_the_last_words_of_the_run_before():
    story = a_curious_story(UP)

    story.listed(replace(UP, started_at=at(50), restart_count=1), seconds=1000)

    assert [each.line[1] for each in story.answered()] == ["Stopped", "Running"]
    assert [ask.until for ask in story.asked] == [at(50)]


def test_as_long_as_last_words_are_awaited_the_journal_knows_of_no_end():
    story = a_curious_story(UP, answers=None)
    story.listed(down(), seconds=1000)

    again = story.again().listed(down(), seconds=2000)

    assert lines(again) == [("Stopped", "unknown", None)]
    assert [each.data["uuid"] for each in again] == [each.data["uuid"] for each in story.wait(1002)]


def test_of_last_words_that_do_not_come_it_is_said_why():
    story = a_curious_story(UP, answers=None)
    story.listed(down(), seconds=1000)

    (end,) = story.wait(1002)

    assert end.facts["container"]["log_tail"] == (
        "(not readable: the engine did not answer in time)"
    )


def test_nothing_is_waited_for_that_nobody_wishes_for():
    assert lines(a_story(UP).listed(down())) == [("Stopped", "unknown", None)]
