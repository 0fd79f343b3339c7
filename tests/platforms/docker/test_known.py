from datetime import timedelta

import pytest
from msgspec import structs

from reactor.engine.runs import Kill, Run
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.known import Known, first_seen, has_run_anew, listed
from tests.platforms.docker.story import COMPOSE, a_container, at

CRASH = Judgement(cause=Cause.CRASH, planned=False)


def test_an_event_names_a_container_and_its_labels():
    attributes = {"name": "web-1", "image": "nginx", "exitCode": "7", **COMPOSE}

    known = first_seen("c0ffee", attributes, "die")

    assert (known.id, known.name, known.image) == ("c0ffee", "web-1", "nginx")
    assert known.labels == COMPOSE
    assert first_seen("c0ffee", attributes, "create").labels == {**COMPOSE, "exitCode": "7"}


@pytest.mark.parametrize(
    ("labels", "slot"),
    [
        ({}, ""),
        ({"com.docker.compose.container-number": "2"}, "2"),
        ({"com.docker.swarm.task.name": "shop_web.2.x8f7"}, "shop_web.2"),
        ({"com.docker.swarm.task.name": "shop_web.nodeid.x8f7"}, "shop_web.nodeid"),  # global
    ],
)
def test_a_container_may_have_a_place_in_its_service(labels, slot):
    assert Known(id="c", labels=labels).slot == slot


@pytest.mark.parametrize(
    ("started", "died", "seconds"),
    [(0.0, 2.5, 2.5), (None, 2.5, None), (0.0, None, None), (3.0, 2.5, 0.0)],
)
def test_a_run_lasts_from_its_start_to_its_end(started, died, seconds):
    run = Run(started_at=started and at(started), died_at=died and at(died))
    if started == 0.0:
        run = structs.replace(Known(id="c"), run=Run(started_at=at(0), died_at=run.died_at)).run

    lasted = Known(id="c", run=run).ran_for

    assert lasted == (None if seconds is None else timedelta(seconds=seconds))


def running_since(seconds):
    kill = Kill(signal=1, at=at(5))
    return Known(
        id="c0ffee",
        state="Running",
        run=Run(started_at=at(seconds), kills=(kill,)),
        short_runs=2,
        told=7,
        judged=CRASH,
    )


def test_of_the_same_run_a_listing_takes_nothing_away():
    before = running_since(1.2)

    after = listed(
        a_container(started_at=at(1.0), restart_count=3, health="healthy"), before, at(9)
    )

    assert after.run == before.run
    assert (after.short_runs, after.told, after.judged) == (2, 7, CRASH)
    assert (after.restart_count, after.health) == (3, "healthy")


def test_of_a_later_run_a_listing_knows_the_start_alone():
    after = listed(a_container(started_at=at(9)), running_since(1.2), at(9))

    assert after.run == Run(started_at=at(9))
    assert (after.short_runs, after.told, after.judged) == (2, 7, None)


@pytest.mark.parametrize(
    ("grace", "given"),
    [(None, 10), (0, 0), (33, 33), (-1, 3600), (10**30, 3600)],
)
def test_who_runs_on_after_the_time_of_a_stop_has_survived_the_signal(grace, given):
    before = structs.replace(running_since(1.2), state="Stopping")  # the signal came at 5 s
    container = a_container(started_at=at(1.0), stop_seconds=grace)
    over = 5 + given + 2

    assert listed(container, before, at(over - 0.1)).state == "Stopping"
    assert listed(container, before, at(over)).state == "Running"


def test_without_a_signal_there_is_no_time_for_its_end():
    assert Known(id="c", state="Stopping").ends_by is None


def test_a_container_that_nobody_knew_is_as_it_is_listed():
    after = listed(a_container(state="Stopped", exit_code=7, finished_at=at(9)), None, at(9))

    assert (after.state, after.exit_code, after.finished_at) == ("Stopped", 7, at(9))
    assert after.has_ended


@pytest.mark.parametrize(
    ("known", "shown", "is_anew"),
    [(1.2, 1.0, False), (1.2, 1.2, False), (1.2, 5.0, True), (None, 5.0, True), (1.2, None, False)],
)
def test_a_start_is_listed_a_little_before_it_is_told(known, shown, is_anew):
    run = Run(started_at=known and at(known))

    found = has_run_anew(Known(id="c", run=run), a_container(started_at=shown and at(shown)))

    assert found is is_anew
