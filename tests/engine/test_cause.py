"""Why a container ended: one row per sequence that engines tell (reference/integrations.md)."""

from datetime import datetime

import pytest
from hypothesis import assume, given

from reactor.engine.cause import judge, judge_found, judge_health, next_short_runs, revision
from reactor.engine.runs import SETTLING, Found, Loss, Run
from reactor.model.cause import Cause, Judgement
from tests.builders import replace
from tests.runs import ANY_RUNS, DEATH, MOMENTS, NEAR, a_run, seconds

SETTLED = DEATH + seconds(2)
AT_ONCE, WAITS = True, False
YES, NO, NOBODY_KNOWS = True, False, None

SEQUENCES = [
    # The process ends by itself.
    ("die(0)", Cause.COMPLETED, YES, AT_ONCE),
    ("die(0) destroy+0.1", Cause.COMPLETED, YES, AT_ONCE),  # docker run --rm
    ("die(1)", Cause.CRASH, NO, AT_ONCE),
    ("die(1) destroy+0.1", Cause.CRASH, NO, AT_ONCE),
    ("die(1) stop+0.5", Cause.CRASH, NO, AT_ONCE),  # that stop is for the back-off
    ("die(143)", Cause.CRASH, NO, AT_ONCE),  # a SIGTERM from outside
    ("new-0.2 die(1)", Cause.CRASH, NO, AT_ONCE),  # a scale-up came before
    ("new+0.2 die(1)", Cause.CRASH, NO, AT_ONCE),  # a swarm replaces what crashed
    # docker stop: SIGTERM handled, ignored, in either order, another STOPSIGNAL, with -t 300.
    ("kill(15)-0.07 die(0) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-0.07 die(1) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-0.07 stop-0.01 die(0)", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-10 kill(9)-0.1 die(137) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(28)-0.1 die(0) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-299 die(0) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("oom-5 kill(15)-3 kill(9)-0.1 die(137) stop+0.01", Cause.PLANNED_STOP, YES, AT_ONCE),
    # docker restart, rm -f, a stop in back-off, the removal of what does not run.
    ("kill(15)-0.1 die(0) stop+0.01 restart+0.5", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-0.1 die(0) stop+0.01 restart+0.5 service", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(9)-0.1 die(137) destroy+0.1", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("stop+0", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("destroy+0", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("destroy+0 service", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("new-3 destroy+0", Cause.PLANNED_STOP, YES, AT_ONCE),  # what had crashed is cleared away
    ("lost+5 destroy+0", Cause.PLANNED_STOP, YES, AT_ONCE),
    # Compose stop and down, a swarm's scale-down and removal of a service.
    ("kill(15)-0.1 die(0) stop+0.01 service", Cause.PLANNED_STOP, YES, WAITS),
    ("kill(15)-0.1 die(0) stop+0.01 destroy+2.5 service", Cause.PLANNED_STOP, YES, WAITS),
    ("new-61 kill(15)-0.1 die(0) stop+0.01", Cause.PLANNED_STOP, YES, WAITS),
    ("stop+0 service", Cause.PLANNED_STOP, YES, WAITS),
    # Compose up of what changed, a swarm's update; a slow one; of what was in back-off.
    ("new-3 kill(15)-0.1 die(0) stop+0.01", Cause.DEPLOY, YES, AT_ONCE),
    ("new-3 kill(15)-0.1 die(137) stop+0.01 destroy+0.1", Cause.DEPLOY, YES, AT_ONCE),
    ("new+1.9 kill(15)-0.1 die(0) stop+0.01", Cause.DEPLOY, YES, AT_ONCE),
    ("new-3 stop+0", Cause.DEPLOY, YES, AT_ONCE),
    # docker kill, also of what a swarm then replaces; a program that takes a while to end by it.
    ("kill(9)-0.1 die(137)", Cause.KILLED, YES, WAITS),
    ("kill(15)-0.1 die(0)", Cause.KILLED, YES, WAITS),
    ("new+0.2 kill(9)-0.1 die(137)", Cause.KILLED, YES, WAITS),
    ("kill(2)-2 die(1)", Cause.KILLED, YES, WAITS),
    ("kill(15)-59 die(0)", Cause.KILLED, YES, WAITS),
    ("kill(2)-59 die(130)", Cause.KILLED, YES, WAITS),
    ("kill(15)-10 kill(9)-5 die(137)", Cause.KILLED, YES, WAITS),  # somebody lost patience
    ("kill(15)-0.1 die(1) stop+2.1", Cause.KILLED, YES, WAITS),
    ("kill(10)-0.1 die(138)", Cause.KILLED, YES, WAITS),  # a SIGUSR1 that nobody expected
    ("kill(1)-0.1 die(129) destroy+0.1", Cause.PLANNED_STOP, YES, AT_ONCE),  # and --rm
    # A signal that did not end it.
    ("kill(3)-29 die(1)", Cause.CRASH, NO, WAITS),  # the threads of a Java program
    ("kill(3)-2.001 die(1) destroy+0.1", Cause.CRASH, NO, WAITS),
    ("kill(15)-59 die(137)", Cause.KILLED, NO, WAITS),
    ("kill(15)-61 die(1)", Cause.CRASH, NO, WAITS),
    ("kill(1)-1 die(0)", Cause.COMPLETED, YES, WAITS),
    ("kill(1)-1 oom-0.1 die(137)", Cause.OOM, NO, WAITS),
    # Out of memory: the main process, told early or late, by inspect alone, or of another process.
    ("oom-0.1 die(137)", Cause.OOM, NO, AT_ONCE),
    ("oom+0.1 die(137)", Cause.OOM, NO, AT_ONCE),
    ("oom+0.1 die(137) spared", Cause.OOM, NO, AT_ONCE),  # inspected before it was told
    ("die(137) oomkilled", Cause.OOM, NO, AT_ONCE),
    ("die(1) oomkilled", Cause.OOM, NO, AT_ONCE),
    ("oom-0.1 die(1)", Cause.CRASH, NO, WAITS),
    ("oom-0.1 die(1) spared", Cause.CRASH, NO, AT_ONCE),
    ("oom-0.1 die(0)", Cause.COMPLETED, YES, AT_ONCE),
    ("die(0) oomkilled", Cause.COMPLETED, YES, AT_ONCE),
    # kill -9 from outside the engine.
    ("die(137)", Cause.KILLED, NO, WAITS),
    ("die(137) spared", Cause.KILLED, NO, WAITS),
    ("oom-11 die(137) spared", Cause.KILLED, NO, WAITS),
    ("die(137) kill(15)+0.5 stop+0.6 spared", Cause.KILLED, NO, WAITS),  # of the next run
    # Podman tells a stop after the death, without a kill.
    ("die(0) stop+0.5 podman", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("new-3 die(0) stop+0.5 podman", Cause.DEPLOY, YES, AT_ONCE),
    ("die(0) podman", Cause.COMPLETED, YES, WAITS),
    ("die(1) podman", Cause.CRASH, NO, WAITS),
    ("die(137) spared podman", Cause.UNKNOWN, NOBODY_KNOWS, WAITS),  # or a stop with a grace
    ("die(143) podman", Cause.UNKNOWN, NOBODY_KNOWS, WAITS),
    ("die(1) destroy+0.1 podman", Cause.CRASH, NO, WAITS),
    # The engine is lost: what it had been asked to stop, or would have to be awaited, went with it.
    ("start-9 lost+0", Cause.HOST_DOWN, NO, AT_ONCE),
    ("kill(15)-0.1 die(0) lost+1", Cause.HOST_DOWN, NO, AT_ONCE),
    ("kill(15)-0.1 die(0) stop+0.01 service lost+1", Cause.HOST_DOWN, NO, AT_ONCE),
    ("kill(15)-0.1 die(0) stop+0.01 lost+1", Cause.HOST_DOWN, NO, AT_ONCE),
    ("kill(15)-0.1 die(0) stop+0.01 lost+16", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("kill(15)-0.1 die(0) stop+0.01 restart+0.5 lost+1", Cause.PLANNED_STOP, YES, AT_ONCE),
    ("die(137) lost+1", Cause.HOST_DOWN, NO, AT_ONCE),
    ("die(1) lost+1", Cause.CRASH, NO, AT_ONCE),
    ("new-3 kill(15)-0.1 die(0) stop+0.01 lost+1", Cause.DEPLOY, YES, AT_ONCE),
    # The connection was lost, which alone tells nothing.
    ("kill(15)-0.1 die(143) cut", Cause.KILLED, YES, WAITS),
    ("kill(15)-0.1 die(143) stop+0.01 cut", Cause.PLANNED_STOP, YES, AT_ONCE),
    # The engine was killed, and the next one stops what it left running; however long after.
    ("lost-2 left kill(15)-0.04 die(0) stop+0.02", Cause.HOST_DOWN, NO, AT_ONCE),
    ("lost-60 left kill(15)-3 kill(9)-0.1 die(137) stop+0.01", Cause.HOST_DOWN, NO, AT_ONCE),
    ("lost-2 left new+0.5 kill(15)-0.1 die(0) stop+0.01", Cause.HOST_DOWN, NO, AT_ONCE),  # a swarm
    ("lost-2 left die(1)", Cause.HOST_DOWN, NO, AT_ONCE),
    ("lost-2 left destroy+0", Cause.HOST_DOWN, NO, AT_ONCE),  # the power failed; --rm
    # Nothing that could be shown.
    ("start-9", Cause.UNKNOWN, NOBODY_KNOWS, AT_ONCE),
    ("die", Cause.UNKNOWN, NOBODY_KNOWS, AT_ONCE),
    ("die(-1)", Cause.UNKNOWN, NOBODY_KNOWS, AT_ONCE),
    ("kill(1)-1 die", Cause.UNKNOWN, NOBODY_KNOWS, WAITS),
]


@pytest.mark.parametrize(("sequence", "cause", "planned", "is_certain"), SEQUENCES)
def test_a_sequence_has_a_cause(
    sequence: str, cause: Cause, planned: bool | None, is_certain: bool
) -> None:
    run = a_run(sequence)

    assert isinstance(judge(run, DEATH), Judgement) is is_certain
    judgement = judged(run, SETTLED)
    assert (judgement.cause, judgement.planned) == (cause, planned)


def judged(run: Run, now: datetime) -> Judgement:
    judgement = judge(run, now)
    assert isinstance(judgement, Judgement)
    return judgement


def test_what_is_not_certain_is_asked_again_two_seconds_after_the_end() -> None:
    assert judge(a_run("die(137)"), DEATH) == SETTLED
    assert judge(a_run("die(137)"), SETTLED - seconds(0.001)) == SETTLED
    assert judge(a_run("stop-1 service"), DEATH) == SETTLED - seconds(1)


def test_a_cause_comes_with_its_proof() -> None:
    assert judged(a_run("die(137)"), SETTLED).evidence == (
        "13:20:22.285 die, exit code 137",
        "no kill was requested",
    )


LOOPS = [
    # the third run that ended unplanned in less than 30 s
    (2, "start-29.9 die(1)", Cause.CRASH_LOOP, Cause.CRASH),
    (9, "start-0.1 oom-0.1 die(137)", Cause.CRASH_LOOP, Cause.OOM),
    (2, "start-3 die(137) spared", Cause.CRASH_LOOP, Cause.KILLED),
    (1, "start-3 die(1)", Cause.CRASH, None),
    (2, "start-30 die(1)", Cause.CRASH, None),
    (2, "die(1)", Cause.CRASH, None),  # nobody knows how long it ran
    (2, "start-3 die(0)", Cause.COMPLETED, None),
    (2, "start-3 kill(9)-0.1 die(137)", Cause.KILLED, None),  # as requested
    (2, "start-3 kill(15)-0.1 die(0) stop+0.1", Cause.PLANNED_STOP, None),
    (2, "start-3 die(137) lost+1", Cause.HOST_DOWN, None),
]


@pytest.mark.parametrize(("short_runs", "sequence", "cause", "own"), LOOPS)
def test_the_third_short_unplanned_run_is_a_crash_loop(
    short_runs: int, sequence: str, cause: Cause, own: Cause | None
) -> None:
    judgement = judged(replace(a_run(sequence), short_runs=short_runs), SETTLED)

    assert (judgement.cause, judgement.own) == (cause, own)


def test_a_crash_loop_is_proved_by_its_own_cause_first() -> None:
    judgement = judged(replace(a_run("start-3.2 die(1)"), short_runs=2), DEATH)

    assert judgement.planned is False
    assert judgement.evidence[0] == "crash: the container ended after 3.2 s"
    assert judgement.evidence[-1] == "no kill was requested"


@pytest.mark.parametrize(
    ("sequence", "counts"),
    [
        ("start-3 die(1)", [1, 2, 3, 4]),
        ("start-3 die(137) spared", [1, 2, 3, 4]),
        ("start-30 die(1)", [0, 0, 0, 0]),
        ("start-3 die(0)", [0, 0, 0, 0]),
        ("start-3 kill(9)-0.1 die(137)", [0, 0, 0, 0]),
    ],
)
def test_short_unplanned_runs_are_counted(sequence: str, counts: list[int]) -> None:
    run, found = a_run(sequence), []
    for _ in counts:
        run = replace(run, short_runs=next_short_runs(run, judged(run, SETTLED)))
        found.append(run.short_runs)

    assert found == counts


@pytest.mark.parametrize(
    "sequence", ["start-3 die(0)", "start-31 die(1)", "start-3 kill(15)-1 die(0) stop+0.1"]
)
def test_any_other_run_ends_the_row_of_short_ones(sequence: str) -> None:
    run = replace(a_run(sequence), short_runs=7)

    assert next_short_runs(run, judged(run, SETTLED)) == 0


GONE = Loss(at=DEATH, how="the engine cannot be reached")


@pytest.mark.parametrize(
    ("found", "cause", "planned"),
    [
        (Found(exit_code=137, oom_killed=True, restarts=1, loss=GONE), Cause.OOM, NO),
        (Found(exit_code=1, restarts=1, loss=GONE), Cause.CRASH, NO),
        (Found(exit_code=0, restarts=1), Cause.UNKNOWN, NOBODY_KNOWS),
        (Found(exit_code=None, restarts=1), Cause.UNKNOWN, NOBODY_KNOWS),
        (Found(exit_code=137, loss=GONE), Cause.HOST_DOWN, NO),
        (Found(exit_code=9, loss=GONE), Cause.HOST_DOWN, NO),
        *((Found(exit_code=code), Cause.UNKNOWN, NOBODY_KNOWS) for code in (0, 130, 137, 143)),
        (
            Found(exit_code=255),
            Cause.UNKNOWN,
            NOBODY_KNOWS,
        ),  # an engine's, for what it has not seen
        (Found(exit_code=9), Cause.CRASH, NO),  # no stop gives that
        (Found(exit_code=9, is_elsewhere=True), Cause.UNKNOWN, NOBODY_KNOWS),
        (Found(exit_code=127), Cause.CRASH, NO),  # it could not be started
    ],
)
def test_an_end_that_no_event_told_is_judged_by_what_is_found(
    found: Found, cause: Cause, planned: bool | None
) -> None:
    judgement = judge_found(found)

    assert (judgement.cause, judgement.planned) == (cause, planned)
    assert judgement.evidence[-1] == "no event told of the end"


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("starting", "unhealthy", Cause.UNHEALTHY),
        ("healthy", "unhealthy", Cause.UNHEALTHY),
        (None, "unhealthy", Cause.UNHEALTHY),
        ("unhealthy", "healthy", Cause.RECOVERED),
        ("unhealthy", "unhealthy", None),
        ("healthy", "healthy", None),
        ("starting", "healthy", None),
        (None, "healthy", None),
        ("unhealthy", "starting", None),
    ],
)
def test_health_has_a_cause_where_it_turns(
    before: str | None, after: str, cause: Cause | None
) -> None:
    judgement = judge_health(before, after, DEATH)

    assert (judgement and (judgement.cause, judgement.planned)) == (cause and (cause, False))


def test_a_turn_of_health_is_told() -> None:
    told = judge_health("healthy", "unhealthy", DEATH), judge_health(None, "unhealthy", DEATH)

    assert [judgement and judgement.evidence for judgement in told] == [
        ("13:20:22.285 health turned from healthy to unhealthy",),
        ("13:20:22.285 health turned to unhealthy",),
    ]


STOP = "kill(15)-0.1 die(0) stop+0.01"
REVISIONS = [
    # a planned stop, and what came later
    (f"{STOP} new+2.001", Cause.DEPLOY),
    (f"{STOP} new+60", Cause.DEPLOY),
    (f"{STOP} new+60.001", None),
    (f"{STOP} new-61", None),
    (f"{STOP} lost+15", Cause.HOST_DOWN),
    (f"{STOP} lost-15", Cause.HOST_DOWN),  # our clock tells the loss, and may differ
    (f"{STOP} lost+15.001", None),
    (f"{STOP} restart+0.5 lost+5", None),  # that ended the next run
    (f"{STOP} restart+0.5 new+5", None),  # another one beside it: a scale-up
    (STOP, None),
    ("stop+0 new+3", Cause.DEPLOY),
    ("stop+0 lost+3", Cause.HOST_DOWN),
    ("stop+0 service lost+16", None),
    ("destroy+0 new+3", None),
    ("destroy+0 lost+3", None),
]


@pytest.mark.parametrize(("sequence", "cause"), REVISIONS)
def test_a_planned_stop_is_revised_by_what_comes_later(sequence: str, cause: Cause | None) -> None:
    revised = revision(Judgement(cause=Cause.PLANNED_STOP, planned=True), a_run(sequence))

    assert (revised and revised.cause) == cause


CUT_OFF = [
    ("kill(15)-0.1 die(143) cut lost+1", Cause.HOST_DOWN),
    ("die(137) cut lost+1", Cause.HOST_DOWN),
    ("die(1) cut lost+1", None),  # that was certain
    ("kill(15)-0.1 die(143) cut lost+15.001", None),
    ("kill(15)-0.1 die(143) cut", None),
    ("kill(15)-0.1 die(143) lost+1", None),  # no stop had followed
]


@pytest.mark.parametrize(("sequence", "cause"), CUT_OFF)
def test_so_is_an_end_of_which_not_all_was_told(sequence: str, cause: Cause | None) -> None:
    told = judged(replace(a_run(sequence), loss=None), SETTLED)

    revised = revision(told, a_run(sequence))

    assert (revised and revised.cause) == cause


def test_nothing_else_is_revised() -> None:
    run = a_run(f"{STOP} new+5 lost+5")

    assert [
        cause for cause in Cause if revision(Judgement(cause=cause, planned=None), run) is not None
    ] == [Cause.PLANNED_STOP]


# Laws: for any run whatever, also for those that no engine tells.
@given(run=ANY_RUNS, now=NEAR | MOMENTS)
def test_there_is_always_a_judgement_or_a_time_no_later_than_the_end_settles(
    run: Run, now: datetime
) -> None:
    answer = judge(run, now)

    if isinstance(answer, datetime):
        assert run.ended_at is not None
        assert now < answer == run.ended_at + SETTLING
        assert isinstance(judge(run, answer), Judgement)


@given(run=ANY_RUNS, now=NEAR | MOMENTS, later=NEAR | MOMENTS)
def test_what_is_certain_stays(run: Run, now: datetime, later: datetime) -> None:
    assume(now <= later)
    judgement = judge(run, now)

    if isinstance(judgement, Judgement):
        assert judge(run, later) == judgement


@given(run=ANY_RUNS)
def test_planned_is_missing_where_the_cause_is_unknown_and_nowhere_else(run: Run) -> None:
    judgement = judged(run, DEATH + seconds(3600))

    assert (judgement.planned is None) == (judgement.cause is Cause.UNKNOWN)
    assert judgement.evidence


@given(run=ANY_RUNS.filter(lambda run: run.died_at and run.tells_kills and not run.loss))
def test_what_is_told_after_a_certain_death_does_not_change_its_cause(run: Run) -> None:
    assert run.died_at is not None
    died = replace(run, stopped_at=None, destroyed_at=None, restarted_at=None)
    judgement = judge(died, run.died_at)

    if isinstance(judgement, Judgement):
        assert judged(run, run.died_at).cause is judgement.cause


@given(run=ANY_RUNS)
def test_the_row_of_short_runs_grows_by_one_or_ends(run: Run) -> None:
    judgement = judged(run, DEATH + seconds(3600))
    count = next_short_runs(run, judgement)

    assert count in (0, run.short_runs + 1)
    assert (judgement.cause is Cause.CRASH_LOOP) == (count > 2)


@given(run=ANY_RUNS)
def test_a_revision_is_another_cause_and_is_not_revised_again(run: Run) -> None:
    revised = revision(judged(run, DEATH + seconds(3600)), run)

    if revised is not None:
        assert revised.cause in {Cause.DEPLOY, Cause.HOST_DOWN}
        assert revision(revised, run) is None
