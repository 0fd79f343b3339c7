import pytest

from reactor.engine.runs import Loss, Run
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.ends import Ends, is_one_off
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.waiting import Pending
from tests.builders import replace
from tests.platforms.docker.story import COMPOSE, ENGINE, SWARM, Story, a_container, an_event, at

TASK = "com.docker.swarm.task.name"
ONE_OFF = {**COMPOSE, "com.docker.compose.oneoff": "True"}
STOPPED = Run(started_at=at(-60), died_at=at(0), exit_code=0)


def ended(docker_id="old", **labels):
    return Known(id=docker_id, state="Stopped", labels=labels, run=STOPPED)


def a_pending(known, run):
    return Pending(known=known, at=at(0), identity=("x",), data={}, run=run)


def test_a_run_is_judged_by_its_service_its_replacement_and_its_engine():
    ends = Ends(ENGINE)
    new = Known(id="new", name="new-1", labels=COMPOSE)
    list(ends.made(new, at(-5), ()))

    run = ends.run(ended(**COMPOSE), STOPPED, None)

    assert (run.has_service, run.replacement.name, run.tells_kills) == (True, "new-1", True)
    assert ends.run(ended(), STOPPED, None).replacement is None
    podman = Ends(replace(ENGINE, is_podman=True))
    assert not podman.run(ended(), STOPPED, None).tells_kills


@pytest.mark.parametrize(
    ("labels", "has_service"), [(COMPOSE, True), (SWARM, True), (ONE_OFF, False), ({}, False)]
)
def test_what_is_run_once_replaces_nothing(labels, has_service):
    assert (Ends(ENGINE).service(ended(**labels)) is not None) is has_service
    assert is_one_off(ended(**labels)) is (labels is ONE_OFF)


def test_two_seconds_after_its_frame_an_end_is_judged_whatever_came_with_it_later():
    pending = a_pending(ended(), replace(Run(destroyed_at=at(0)), stopped_at=at(1.9)))
    ends = Ends(ENGINE)

    judged = ends.judge(pending, pending.run, ended(), at(2))

    assert judged.cause is Cause.PLANNED_STOP


def loop(*names, begin=0):
    """A place of a swarm where one container after the other crashes."""
    for number, name in enumerate(names, begin):
        labels = {**SWARM, TASK: f"shop_web.1.{name}"}
        yield an_event("create", name, number * 10, **labels)
        yield an_event("start", name, number * 10 + 1, **labels)
        yield an_event("die", name, number * 10 + 3, exitCode="1", **labels)


def causes(told):
    return [each.line[2] for each in told if each.line[:2] == ("container", "Stopped")]


def test_in_a_swarm_short_runs_are_counted_by_place():
    story = Story()
    told = causes(story.tell(*loop("a", "b", "c")))
    other = an_event("die", "x", 90, exitCode="1", **SWARM, **{TASK: "shop_web.2.x"})

    assert told == ["crash", "crash", "crash_loop"]
    assert causes(story.tell(other)) == ["crash"]


def test_the_count_survives_a_restart_and_the_start_of_the_next():
    story = Story()
    story.tell(*loop("a", "b"), *list(loop("c", begin=2))[:2])

    story = story.again()

    assert causes(story.tell(*list(loop("c", begin=2))[2:])) == ["crash_loop"]


def test_what_is_there_at_the_start_may_have_replaced_what_ends_then():
    story = Story()
    story.listed(
        a_container("old", labels=COMPOSE, created_at=at(-900), started_at=at(-900)),
        a_container("new", labels=COMPOSE, created_at=at(80), started_at=at(81)),
    )

    told = story.tell(
        an_event("kill", "old", 110, signal="15", **COMPOSE),
        an_event("die", "old", 111, exitCode="0", **COMPOSE),
        an_event("stop", "old", 111.1, **COMPOSE),
    )

    assert causes(told) == ["deploy"]


def a_stopped_story(**labels):
    """A container of a service was stopped, by a wish."""
    story = Story()
    story.tell(
        an_event("kill", seconds=0, signal="15", **labels),
        an_event("die", seconds=0.1, exitCode="0", **labels),
        an_event("stop", seconds=0.2, **labels),
    )
    story.wait(3)
    return story


def revised(told):
    return [each.line[2] for each in told if each.data["type"] == "revised"]


@pytest.mark.parametrize(
    ("container", "seconds", "labels", "causes"),
    [
        ("new", 20, COMPOSE, ["deploy"]),
        ("new", 61, COMPOSE, []),  # too late
        ("new", 20, {**COMPOSE, "com.docker.compose.service": "db"}, []),
        ("new", 20, ONE_OFF, []),
        ("new", 20, {}, []),
    ],
)
def test_a_planned_stop_is_corrected_by_what_replaces_it(container, seconds, labels, causes):
    story = a_stopped_story(**COMPOSE)

    assert revised(story.tell(an_event("create", container, seconds, **labels))) == causes


def test_planned_stops_are_held_for_a_minute_and_no_longer():
    ends, judged = Ends(ENGINE), Judgement(cause=Cause.PLANNED_STOP, planned=True)
    for seconds in (0, 60, 90):
        pending = replace(a_pending(ended(), STOPPED), at=at(seconds))
        ends.conclude(pending, STOPPED, judged, ended())

    assert [told.at for told in ends._planned] == [at(60), at(90)]


def test_a_cause_is_corrected_once():
    story = a_stopped_story(**COMPOSE)

    told = story.tell(*(an_event("create", f"new{n}", 20 + n, **COMPOSE) for n in range(3)))

    assert revised(told) == ["deploy"]


@pytest.mark.parametrize(("seconds", "causes"), [(10, ["host_down"]), (30, [])])
def test_what_stopped_right_before_its_engine_went_stopped_with_it(seconds, causes):
    story = a_stopped_story()

    story.model.unreachable("no engine", at(seconds))

    assert revised(story.told()) == causes


def test_what_stopped_right_before_its_engine_was_restarted_stopped_with_it():
    story = a_stopped_story()

    story.model.restarted(at(10))

    assert revised(story.told()) == ["host_down"]


def test_what_runs_again_did_not_go_with_its_engine():
    story = a_stopped_story()
    story.tell(an_event("start", seconds=5))

    story.model.unreachable("no engine", at(10))

    assert revised(story.told()) == []


def test_what_waits_when_the_engine_goes_is_told_at_once():
    story = Story(answers=None)
    story.tell(
        an_event("die", "one", 0, exitCode="137"),
        an_event("start", "one", 0.5),
        an_event("die", "one", 1, exitCode="137"),
    )

    story.model.unreachable("no engine", at(1))

    assert causes(story.told()) == ["host_down", "host_down"]


def test_a_loss_is_noted_with_what_waits_to_be_judged():
    ends, loss = Ends(ENGINE), Loss(at=at(0), how="no engine")
    pending = a_pending(ended(), STOPPED)

    assert list(ends.lost(loss, [pending])) == []
    assert pending.run.loss is loss
