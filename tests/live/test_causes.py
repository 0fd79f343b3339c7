"""Each sequence of the table of causes, made for real: what the source says of the end, and why."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live import deeds
from tests.live.watching import watching

TERM, KILL = "kill, signal 15", "kill, signal 9"

ENDS = [
    # what was done, then: cause, planned, exit code, and what the evidence names
    (deeds.stopped, "planned_stop", True, 0, [TERM, "die, exit code 0", "stop"]),
    (deeds.stopped_by_force, "planned_stop", True, 137, [TERM, KILL, "die, exit code 137", "stop"]),
    (deeds.stopped_slowly, "planned_stop", True, 0, [TERM, "die, exit code 0", "stop"]),
    (deeds.restarted, "planned_stop", True, 0, [TERM, "die, exit code 0", "stop"]),
    (deeds.removed, "planned_stop", True, 137, [KILL, "die, exit code 137", "destroy"]),
    (deeds.recreated, "deploy", True, 0, [TERM, "die, exit code 0", "created"]),
    (deeds.replaced, "deploy", True, 0, [TERM, "die, exit code 0", "created"]),
    (deeds.completed, "completed", True, 0, ["die, exit code 0"]),
    (deeds.crashed, "crash", False, 7, ["die, exit code 7"]),
    (deeds.crashed_beside_another, "crash", False, 7, ["die, exit code 7"]),
    (deeds.survived_a_signal, "crash", False, 9, ["die, exit code 9"]),
    (deeds.dumped_its_threads, "crash", False, 1, ["kill, signal 3", "die, exit code 1"]),
    (deeds.mislabelled, "crash", False, 7, ["die, exit code 7"]),
    (deeds.starved, "oom", False, 137, ["oom", "die, exit code 137"]),
    (deeds.killed, "killed", True, 137, [KILL, "die, exit code 137"]),
    (deeds.killed_softly, "killed", True, 0, [TERM, "die, exit code 0"]),
    (deeds.shot, "killed", False, 137, ["die, exit code 137"]),
]
OTHERS = [deeds.stopped_between_runs, deeds.looped, deeds.unwell]


def name_of(deed):
    return deed.__name__.replace("_", "-")


@pytest.fixture(scope="module")
def told(shared_engine):
    """What the source tells while all of this is done at once, and each deed's container."""
    with watching(shared_engine.host) as watched, ThreadPoolExecutor(6) as pool:
        done = {
            deed: pool.submit(deed, shared_engine, name_of(deed))
            for deed in [*OTHERS, *(row[0] for row in ENDS)]
        }
        yield watched, lambda deed: done[deed].result()
    shared_engine.clear()


@pytest.mark.parametrize(("deed", "cause", "planned", "code", "proof"), ENDS)
def test_an_end_has_its_cause_and_the_proof_of_it(told, deed, cause, planned, code, proof):
    watched, container_of = told
    end = watched.of(container_of(deed), state="Stopped")

    assert (end.get("cause"), end.get("planned")) == (cause, planned), end.evidence
    assert end.get("container.exit_code") == code
    for sentence in proof:
        assert any(sentence in each for each in end.evidence), end.evidence


def test_a_restart_is_followed_by_a_new_run(told):
    watched, container_of = told
    container = container_of(deeds.restarted)

    states = [each.get("state") for each in watched.all(lambda t: is_about(t, container))]
    assert [state for state in states if state] == [
        *("Starting", "Running", "Stopping", "Stopped", "Running")
    ]


def is_about(told, container):
    return told.get("container.docker_id") == container


def test_a_deploy_names_the_old_and_the_new_image(told):
    watched, container_of = told
    end = watched.of(container_of(deeds.recreated), state="Stopped")

    assert end.get("container.old_image") == "reactor-test"
    assert end.get("container.new_image") == "reactor-test"


def test_the_third_short_run_in_a_row_is_a_loop_on_top_of_its_own_cause(told):
    watched, container_of = told
    container = container_of(deeds.looped)
    loop = watched.of(container, cause="crash_loop")

    ends = watched.all(lambda t: is_about(t, container) and t.get("state") == "Stopped")
    assert [end.get("cause") for end in ends[:3]] == ["crash", "crash", "crash_loop"]
    assert loop.get("planned") is False
    assert loop.evidence[0].startswith("crash")
    assert loop.get("container.restart_count") >= 2


def test_a_stop_between_two_runs_is_planned(told):
    watched, container_of = told
    stop = watched.of(container_of(deeds.stopped_between_runs), cause="planned_stop")

    assert stop.get("planned") is True
    assert any("stop" in each for each in stop.evidence), stop.evidence


def test_a_probe_that_fails_and_one_that_succeeds_again_are_told_with_their_cause(told):
    watched, container_of = told
    container = container_of(deeds.unwell)
    failed = watched.of(container, cause="unhealthy")
    well = watched.of(container, cause="recovered")

    assert (failed.get("planned"), failed.get("container.health")) == (False, "unhealthy")
    assert well.get("container.health") == "healthy"
    assert failed.evidence
    assert len(watched.all(lambda t: is_about(t, container) and t.get("cause"))) == 2


def test_every_end_says_how_long_it_ran_and_what_its_exit_code_means(told):
    watched, container_of = told
    end = watched.of(container_of(deeds.stopped_slowly), state="Stopped")

    assert 3 <= end.get("container.ran_for") < 15
    assert end.get("container.started_at")
    assert end.get("container.exit_reason")


def test_a_deploy_that_is_seen_late_corrects_the_planned_stop(engine):
    with watching(engine.host) as watched:
        old = deeds.ready(engine, deeds.OBEYS, *deeds.member("late", "web"))
        engine.docker("stop", old)
        # It is told 2 s after the end, for want of a new container.
        stop = watched.of(old, state="Stopped")
        engine.run("exit 0", *deeds.member("late", "web"))
        revised = watched.of(old, type="revised")

    assert stop.get("cause") == "planned_stop"
    assert (revised.get("revises"), revised.get("was")) == (stop.get("uuid"), "planned_stop")
    assert (revised.get("cause"), revised.get("planned")) == ("deploy", True)
    assert revised.get("state") is None


def test_an_engine_that_stops_takes_its_containers_with_it(own_engine):
    with watching(own_engine.host) as watched:
        lost = [deeds.ready(own_engine, deeds.OBEYS) for _ in range(3)]
        own_engine.stop()
        watched.wait(lambda told: told.get("type") == "node" and told.get("state") == "Unreachable")
        own_engine.start()
        final = [watched.of(each, cause="host_down") for each in lost]
        watched.wait(lambda told: told.get("type") == "node" and told.get("state") == "Deployed")

        assert [each.get("planned") for each in final] == [False] * 3
        nodes = watched.all(lambda told: told.get("type") == "node")
        assert [each.get("state") for each in nodes] == ["Unreachable", "Deployed"]
