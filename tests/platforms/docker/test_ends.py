import pytest

from reactor.engine.runs import Loss, Run
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.ends import Ends
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.waiting import Answer, Pending
from tests.builders import replace
from tests.platforms.docker.story import (
    COMPOSE,
    ENGINE,
    MANAGER,
    SWARM,
    Story,
    a_container,
    an_event,
    at,
)

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

    run = ends.run(ended(**COMPOSE), STOPPED)

    assert (run.has_service, run.replacement.name, run.tells_kills) == (True, "new-1", True)
    assert ends.run(ended(), STOPPED).replacement is None
    podman = Ends(replace(ENGINE, is_podman=True))
    assert not podman.run(ended(), STOPPED).tells_kills


@pytest.mark.parametrize(
    ("labels", "has_service"), [(COMPOSE, True), (SWARM, True), (ONE_OFF, False), ({}, False)]
)
def test_what_is_run_once_replaces_nothing(labels, has_service):
    assert (Ends(ENGINE).service(ended(**labels)) is not None) is has_service


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


@pytest.mark.parametrize("answers", [Answer(), None])
@pytest.mark.parametrize(("later", "cause"), [(0.1, "crash"), (40, "planned_stop")])
def test_a_removal_long_after_the_end_is_a_wish_also_where_all_is_read_late(answers, later, cause):
    story = Story(answers=answers)
    story.model.clock = at(100)  # by which nothing was answered yet

    told = story.tell(
        an_event("start", seconds=-60),
        an_event("die", seconds=0, exitCode="1"),
        an_event("destroy", seconds=later),
    )
    story.model.clock = at(102)

    assert [each.line[1:3] for each in (told + story.wait(102))[-2:]] == [
        ("Stopped", "crash"),
        ("Terminated", cause),
    ]


def test_what_is_cleared_away_beside_a_new_container_was_not_replaced():
    story = Story()
    story.tell(*loop("a"))
    new, *_ = loop("new", begin=4)
    gone = an_event("destroy", "a", 41, **SWARM, **{TASK: "shop_web.1.a"})

    told = story.tell(new, gone)

    assert [each.line[1:3] for each in told if each.data["type"] == "container"] == [
        ("Starting", None),
        ("Terminated", "planned_stop"),
    ]


def test_in_a_swarm_short_runs_are_counted_by_place():
    story = Story()
    told = causes(story.tell(*loop("a", "b", "c")))
    other = an_event("die", "x", 90, exitCode="1", **SWARM, **{TASK: "shop_web.2.x"})

    assert told == ["crash", "crash", "crash_loop"]
    assert causes(story.tell(other)) == ["crash"]


def test_what_a_swarm_clears_away_meanwhile_counts_for_nothing():
    story = Story()
    names = "abcdefgh"
    runs = [[*loop(name, begin=n)] for n, name in enumerate(names)]
    for n, (created, started, died) in enumerate(runs[5:], 5):
        labels = {**SWARM, TASK: f"shop_web.1.{names[n - 5]}"}
        gone = an_event("destroy", names[n - 5], n * 10 + 0.5, **labels)
        runs[n] = [created, gone, started, died]

    told = causes(story.tell(*(event for run in runs for event in run)))

    assert told == ["crash", "crash", *["crash_loop"] * 6]


def test_an_older_run_that_is_judged_later_does_not_undo_the_count():
    ends, judged = Ends(MANAGER), Judgement(cause=Cause.CRASH, planned=False)
    for seconds, run in ((30, Run(started_at=at(29), died_at=at(30))), (0, STOPPED)):
        known = ended(str(seconds), **SWARM, **{TASK: f"shop_web.1.{seconds}"})
        ends.conclude(a_pending(known, run), run, judged, known)

    pending = a_pending(known, Run(started_at=at(39), died_at=at(40), exit_code=1))
    ends.judge(pending, pending.run, known, at(50))

    assert pending.run.short_runs == 1


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


def conclude(ends, *moments):
    """Planned stops at these seconds."""
    judged = Judgement(cause=Cause.PLANNED_STOP, planned=True)
    for seconds in moments:
        pending = replace(a_pending(ended(), STOPPED), at=at(seconds), identity=(str(seconds),))
        ends.conclude(pending, STOPPED, judged, ended())
    return [told.at for told in ends.revisable]


def test_planned_stops_are_held_for_a_minute_and_no_longer():
    assert conclude(Ends(ENGINE), 0, 60, 90) == [at(60), at(90)]


def test_a_planned_stop_that_is_told_again_after_a_restart_is_held_once():
    ends, before = Ends(ENGINE), Ends(ENGINE)
    conclude(before, 1, 2)

    ends.resume(before.revisable)

    assert conclude(ends, 2, 3) == [at(1), at(2), at(3)]


def test_of_too_many_planned_stops_the_oldest_stay_as_they_were_told():
    assert len(conclude(Ends(ENGINE), *(n / 100 for n in range(1_100)))) == 1_000


def test_a_cause_is_corrected_once():
    story = a_stopped_story(**COMPOSE)

    told = story.tell(*(an_event("create", f"new{n}", 20 + n, **COMPOSE) for n in range(3)))

    assert revised(told) == ["deploy"]


@pytest.mark.parametrize(("seconds", "causes"), [(10, ["host_down"]), (30, [])])
def test_what_stopped_right_before_its_engine_was_restarted_stopped_with_it(seconds, causes):
    story = a_stopped_story()

    story.model.restarted(at(seconds))

    assert revised(story.told()) == causes


def test_a_connection_that_is_lost_revises_nothing_until_another_engine_is_there():
    story = a_stopped_story()

    story.model.unreachable("no engine", at(10))
    story.model.reached(at(3600))
    assert revised(story.told()) == []

    story.model.restarted(at(9))
    assert revised(story.told()) == ["host_down"]


def test_what_runs_again_did_not_go_with_its_engine():
    story = a_stopped_story()
    story.tell(an_event("start", seconds=5))

    story.model.restarted(at(10))

    assert revised(story.told()) == []


def test_what_is_stopped_while_the_connection_is_lost_is_stopped():
    story = Story()
    story.tell(an_event("kill", seconds=0, signal="15"))
    story.model.unreachable("no engine", at(0.7))
    story.model.reached(at(3))
    story.told()

    told = story.tell(
        an_event("kill", seconds=1, signal="9"),
        an_event("die", seconds=1.1, exitCode="137"),
        an_event("stop", seconds=1.2),
    )

    assert causes(told) == ["planned_stop"]


LEFT = ["left", "kept"]
KEEPING = replace(ENGINE, keeps_containers=True)


def succeeded(engine=ENGINE):
    """Two containers ran when their engine was killed; the next one has been started since."""
    story = Story(engine)
    story.listed(*(a_container(name, started_at=at(-60)) for name in LEFT), seconds=0)
    story.model.restarted(at(10))
    return story


def a_stop(container, seconds, signals=("15",), code="0"):
    """Recorded of Docker 20.10, with a patience of 3 s: what its start makes of each of them."""
    kills = [an_event("kill", container, seconds + 3 * n, signal=s) for n, s in enumerate(signals)]
    end = seconds + 3 * len(signals) - 2.95
    return [
        *kills,
        an_event("die", container, end, exitCode=code),
        an_event("stop", container, end + 0.01),
    ]


def test_what_an_engine_finds_running_when_it_starts_went_down_with_the_one_before():
    story = succeeded()

    told = story.tell(*a_stop("left", 12), *a_stop("kept", 12, ("15", "9"), "137"))

    assert causes(told) == ["host_down", "host_down"]
    assert revised(story.wait(60)) == []


def test_what_the_new_engine_has_started_ends_by_causes_of_its_own():
    story = succeeded()

    told = story.tell(*a_stop("kept", 12), an_event("start", "kept", 13), *a_stop("kept", 13.1))

    assert causes(told) == ["host_down", "planned_stop"]


def test_once_all_is_listed_nothing_of_the_engine_before_runs():
    story = succeeded()
    story.listed(a_container("kept", started_at=at(12)), seconds=13)

    assert causes(story.tell(*a_stop("kept", 14))) == ["planned_stop"]


def test_an_engine_that_keeps_its_containers_stops_them_by_a_wish():
    story = succeeded(KEEPING)

    assert causes(story.tell(*a_stop("kept", 12))) == ["planned_stop"]


def test_nothing_goes_with_an_engine_that_keeps_its_containers():
    story = Story(KEEPING)
    story.tell(*a_stop("one", 0))
    story.wait(3)

    story.model.restarted(at(5))

    assert revised(story.told()) == []


def cut_off():
    """A story of two ends that wait when the connection is lost."""
    story = Story(answers=None)
    story.tell(
        an_event("kill", "one", 0, signal="15"),
        an_event("die", "one", 0.1, exitCode="143"),
        an_event("start", "one", 0.5),
        an_event("die", "one", 1, exitCode="137"),
    )
    story.model.unreachable("no engine", at(1.5))
    return story


def test_what_waits_when_the_connection_is_lost_is_told_at_once_by_what_was_read():
    told = cut_off().told()

    assert [each.line[2:] for each in told if each.line[1] == "Stopped"] == [
        ("killed", True),
        ("killed", False),
    ]
    assert "the connection was lost before a stop" in str(told[-3].facts["cause_evidence"])


def test_what_was_cut_off_went_with_its_engine_if_another_one_is_there():
    story = cut_off()
    ends = [each.data["uuid"] for each in story.told() if each.line[1] == "Stopped"]
    story = story.again()

    story.model.reached(at(60))
    story.model.restarted(at(1.4))

    (revised,) = (each for each in story.told() if each.data["type"] == "revised")
    assert (revised.line[2], revised.data["revises"]) == ("host_down", ends[-1])  # it was started


def test_a_loss_is_noted_with_what_waits_to_be_judged():
    ends, loss = Ends(ENGINE), Loss(at=at(0), how="no engine")
    pending = a_pending(ended(), STOPPED)

    assert list(ends.succeeded(loss, [pending])) == []
    assert pending.run.loss is loss
