from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.platforms.docker.containers import is_same, read_container, read_row
from reactor.platforms.docker.engine import ListedContainer
from tests.platforms.docker.recorded import recorded

RECORDED_AT = datetime(2026, 11, 22, 13, 28, 10, 400_000, UTC)

INSPECTED = {
    # name: state, exit code, restarts, health, whether the kernel killed it
    "created": ("Starting", None, 0, None, False),
    "bad": ("Stopped", 127, 0, None, False),  # its program does not exist: it never ran
    "running": ("Running", None, 0, None, False),
    "paused": ("Running", None, 0, None, False),
    "starting": ("Running", None, 0, "starting", False),
    "healthy": ("Running", None, 0, "healthy", False),
    "unhealthy": ("Running", None, 0, "unhealthy", False),
    "exited": ("Stopped", 7, 0, None, False),
    "oom": ("Stopped", 137, 0, None, True),
    "looping": ("Stopped", 3, 8, None, False),  # waits for its ninth try
}


def inspected(answers: str) -> dict[str, ListedContainer]:
    found = [read_container(each) for each in recorded(answers)["inspect"]]
    return {each.name: each for each in found if each}


@pytest.mark.parametrize("name", INSPECTED)
def test_what_dockers_inspect_tells(name: str) -> None:
    found = inspected("docker-20.10")[name]

    told = (found.state, found.exit_code, found.restart_count, found.health, found.oom_killed)
    assert told == INSPECTED[name]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("created", ("Starting", None, 0, None)),
        ("paused", ("Running", None, 0, "starting")),
        ("exited", ("Stopped", 3, 0, None)),
        ("looping", ("Stopped", 3, 2, None)),
    ],
)
def test_what_podmans_inspect_tells(name: str, told: tuple[object, ...]) -> None:
    found = inspected("podman-4.3")[name]

    assert (found.state, found.exit_code, found.restart_count, found.health) == told


def test_a_run_has_its_times_and_what_never_ran_has_none() -> None:
    found = inspected("docker-20.10")

    assert found["oom"].started_at == datetime(2026, 11, 22, 13, 27, 44, 646_769, UTC)
    assert found["oom"].finished_at == datetime(2026, 11, 22, 13, 27, 44, 748_107, UTC)
    assert found["created"].created_at == datetime(2026, 11, 22, 13, 27, 42, 996_195, UTC)
    assert found["created"].started_at is found["created"].finished_at is None


@pytest.mark.parametrize("seconds", [33, -1, None])
def test_a_container_may_say_how_long_a_stop_is_to_wait(seconds: int | None) -> None:
    found = read_container({"Id": "c", "Config": {"StopTimeout": seconds}})

    assert found is not None
    assert found.stop_seconds == seconds


def test_the_image_is_what_the_container_was_made_from() -> None:
    found = inspected("docker-20.10")

    assert found["running"].image == "reactor-test"
    assert found["byid"].image == "e19d20a56012"  # there is no other name for it
    assert found["running"].labels["com.docker.compose.project"] == "shop"


@pytest.mark.parametrize("answers", ["docker-20.10", "podman-4.3"])
def test_the_list_agrees_with_inspect_as_far_as_it_goes(answers: str) -> None:
    found = inspected(answers)
    found.pop("bad", None)  # what could not be started is Created for the list
    del found["paused"]  # the list of Podman keeps the health of one to itself

    for row in [row for entry in recorded(answers)["list"] if (row := read_row(entry))]:
        shown = row.container
        if (whole := found.get(shown.name)) is not None:
            told = (whole.id, whole.state, whole.exit_code, whole.health, whole.labels)
            assert (shown.id, shown.state, shown.exit_code, shown.health, shown.labels) == told


@pytest.mark.parametrize(
    ("state", "health"),
    [
        ({"Health": {"Status": "none"}}, None),
        ({"Health": None}, None),
        ({"Healthcheck": {"Status": "unhealthy"}}, "unhealthy"),  # Podman 3
        ({"Health": {"Status": "feverish"}}, None),
    ],
)
def test_health_is_one_of_three_words_or_missing(
    state: dict[str, object], health: str | None
) -> None:
    found = read_container({"Id": "c0ffee", "State": {"Status": "running", **state}})

    assert found is not None
    assert found.health == health


@given(st.sampled_from(["Id", "Names", "State", "Status", "Config", "Created"]), st.integers())
def test_nonsense_in_one_place_is_missing_there(name: str, value: int) -> None:
    entry, found = recorded("docker-20.10")["list"][0], recorded("docker-20.10")["inspect"][0]

    assert read_row({**entry, name: value}) or name == "Id"
    assert read_container({**found, name: value}) or name == "Id"


SEEN = ListedContainer(
    id="c0ffee",
    name="web",
    image="nginx",
    state="Running",
    health="healthy",
    started_at=RECORDED_AT - timedelta(minutes=5),
)
ENDED = replace(
    SEEN,
    state="Stopped",
    health=None,
    exit_code=3,
    finished_at=RECORDED_AT - timedelta(minutes=5),
)


@pytest.mark.parametrize(
    ("known", "state", "status", "same"),
    [
        (SEEN, "running", "Up 5 minutes (healthy)", True),
        (SEEN, "running", "Up 5 minutes (unhealthy)", False),
        (SEEN, "running", "Up 15 minutes (healthy)", False),
        (SEEN, "running", "Up 3 seconds (healthy)", False),  # restarted meanwhile
        (SEEN, "exited", "Exited (0) 5 minutes ago", False),
        (replace(SEEN, started_at=None), "running", "Up 5 minutes (healthy)", False),
        (ENDED, "exited", "Exited (3) 5 minutes ago", True),
        (ENDED, "restarting", "Restarting (3) 5 minutes ago", True),
        (ENDED, "exited", "Exited (137) 5 minutes ago", False),
        (ENDED, "exited", "Exited (3) 2 seconds ago", False),
        (replace(ENDED, name="old"), "exited", "Exited (3) 5 minutes ago", False),
        (replace(ENDED, state="Starting"), "created", "Created", False),  # it may have failed
        (replace(ENDED, exit_code=127, finished_at=None), "created", "Created", True),
    ],
)
def test_the_list_shows_who_changed(
    known: ListedContainer, state: str, status: str, same: bool
) -> None:
    row = read_row({"Id": "c0ffee", "Names": ["/web"], "State": state, "Status": status})

    assert row is not None
    assert is_same(row, known, RECORDED_AT) == same
