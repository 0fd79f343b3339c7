"""What proves a cause, in sentences."""

from datetime import timedelta, timezone

from reactor.engine.proof import clock_time, proof, proof_of_found, proof_of_loop
from reactor.engine.runs import Found, Loss
from reactor.model.cause import Cause
from tests.builders import replace
from tests.runs import DEATH, a_run

GONE = Loss(at=DEATH, how="the engine closed its stream")


def test_the_events_of_a_stop_are_told_in_their_order() -> None:
    run = a_run("start-3600 kill(15)-0.074 die(0) stop+0.007 destroy+0.5")

    assert proof(run, Cause.PLANNED_STOP) == (
        "13:20:22.211 kill, signal 15 (SIGTERM)",
        "13:20:22.285 die, exit code 0",
        "13:20:22.292 stop",
        "13:20:22.785 destroy",
    )


def test_a_stop_told_before_the_death_stands_before_it() -> None:
    run = a_run("kill(15)-0.1 stop-0.001 die(0) restart+0.3")

    assert proof(run, Cause.PLANNED_STOP)[1:] == (
        "13:20:22.284 stop",
        "13:20:22.285 die, exit code 0",
        "13:20:22.585 restart",
    )


def test_a_deploy_is_proved_by_the_new_container() -> None:
    run = a_run("new-2.297 kill(15)-0.074 die(0) stop+0.007")

    created = "created 13:20:19.988: shop-web-2 (nginx:1.28), 2.3 s before the death"
    assert proof(run, Cause.DEPLOY)[0] == created
    assert created not in proof(run, Cause.PLANNED_STOP)


def test_a_new_container_that_came_later_is_told_at_the_end() -> None:
    run = a_run("new+1.2 kill(15)-0.074 die(0) stop+0.007")

    created = "created 13:20:23.485: shop-web-2 (nginx:1.28), 1.2 s after the death"
    assert proof(run, Cause.DEPLOY)[-1] == created


def test_what_did_not_come_is_told_too() -> None:
    assert proof(a_run("die(1)"), Cause.CRASH) == (
        "13:20:22.285 die, exit code 1",
        "no kill was requested",
    )
    assert proof(a_run("kill(9)-0.085 die(137)"), Cause.KILLED) == (
        "13:20:22.200 kill, signal 9 (SIGKILL)",
        "13:20:22.285 die, exit code 137",
        "no stop followed within 2 s",
    )
    assert proof(a_run("die(1) podman"), Cause.CRASH)[1:] == (
        "no kill was requested",
        "no stop followed within 2 s",
    )


def test_an_answer_of_inspect_is_told_where_it_matters() -> None:
    assert proof(a_run("oom-0.1 die(137) oomkilled"), Cause.OOM) == (
        "13:20:22.185 oom",
        "13:20:22.285 die, exit code 137",
        "no kill was requested",
        "inspect: OOMKilled",
    )
    assert proof(a_run("die(137) spared"), Cause.KILLED)[-1] == "inspect: not OOMKilled"
    assert "inspect: not OOMKilled" not in proof(a_run("die(1) spared"), Cause.CRASH)


def test_what_has_nothing_to_do_with_the_end_is_not_told() -> None:
    run = a_run("kill(1)-3600 oom-600 die(1) stop+30")

    assert proof(run, Cause.CRASH) == (
        "13:20:22.285 die, exit code 1",
        "no kill was requested",
        "no stop followed within 2 s",
    )


def test_the_kill_of_a_stop_with_long_patience_is_told() -> None:
    run = a_run("kill(15)-299 die(0) stop+0.1")

    assert proof(run, Cause.PLANNED_STOP)[0] == "13:15:23.285 kill, signal 15 (SIGTERM)"


def test_of_many_kills_only_the_last_are_told() -> None:
    run = a_run("kill(1)-9 kill(1)-8 kill(1)-7 kill(15)-0.2 kill(9)-0.1 die(137) stop+0.1")

    assert [sentence[-9:] for sentence in proof(run, Cause.PLANNED_STOP)[:3]] == [
        " (SIGHUP)",
        "(SIGTERM)",
        "(SIGKILL)",
    ]


def test_the_loss_of_the_engine_is_told_and_no_guess_of_what_might_have_followed() -> None:
    run = a_run("kill(15)-0.1 die(0) lost+1")

    assert proof(run, Cause.HOST_DOWN)[1:] == (
        "13:20:22.285 die, exit code 0",
        "13:20:23.285 the engine closed its stream",
    )


def test_a_lost_connection_is_told_in_place_of_what_might_have_followed() -> None:
    cut_off = proof(a_run("kill(15)-0.1 die(143) cut"), Cause.KILLED)

    assert cut_off[-1] == "the connection was lost before a stop could be told"


def test_what_the_next_engine_ended_is_told_with_the_loss_of_the_one_before() -> None:
    run = a_run("lost-2 left kill(15)-0.1 die(0) stop+0.01")

    assert proof(run, Cause.HOST_DOWN) == (
        "13:20:20.285 the engine closed its stream",
        "13:20:22.185 kill, signal 15 (SIGTERM)",
        "13:20:22.285 die, exit code 0",
        "13:20:22.295 stop",
        "it had run on, and the next engine ended it before it let anybody in",
    )
    assert proof(a_run("lost-2 left destroy+0"), Cause.HOST_DOWN)[-1] == "13:20:22.285 destroy"


def test_nothing_known_is_told_as_such() -> None:
    assert proof(a_run("start-30"), Cause.UNKNOWN) == ("no end was told",)
    assert proof(a_run("die"), Cause.UNKNOWN)[0] == "13:20:22.285 die, exit code not known"


def test_a_loop_is_told_by_its_own_cause_and_its_runs() -> None:
    run = replace(a_run("start-3.2 die(1)"), short_runs=2)

    assert tuple(proof_of_loop(run, Cause.CRASH)) == (
        "crash: the container ended after 3.2 s",
        "2 runs before it ended unplanned, each in less than 30 s",
    )


def test_what_listings_found_is_told_as_found() -> None:
    assert proof_of_found(
        Found(died_at=DEATH, exit_code=137, oom_killed=True, restarts=2, loss=GONE)
    ) == (
        "13:20:22.285 the engine closed its stream",
        "inspect: died 13:20:22.285, exit code 137",
        "inspect: OOMKilled",
        "inspect: restarted 2 times by its restart policy",
        "no event told of the end",
    )
    assert proof_of_found(Found()) == ("no event told of the end",)
    assert proof_of_found(Found(exit_code=127))[0] == "inspect: never started, exit code 127"


def test_the_clock_is_that_of_utc() -> None:
    assert clock_time(DEATH.astimezone(timezone(timedelta(hours=5)))) == "13:20:22.285"
