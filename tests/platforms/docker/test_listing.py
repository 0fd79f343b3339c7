import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.engine import ListedContainer, Listing
from reactor.platforms.docker.listing import MOST_CONTAINERS, inspect, list_engine
from tests.fake_engine import fake_engine
from tests.platforms.docker.recorded import (
    ENGINE,
    LIST,
    MANAGER,
    Asked,
    engine_of,
    inspect_path,
    manager_of,
    recorded,
    refused,
)

NOW = datetime(2026, 11, 22, 13, 28, 10, 400_000, UTC)
"""When the list was recorded."""


def ticking() -> Callable[[], datetime]:
    seconds = count()
    return lambda: NOW + timedelta(seconds=next(seconds))


def whole(client: Asked) -> Listing:
    return list_engine(client, ENGINE, now=ticking(), inspect_all=True, known={})


def again(client: Asked, known: dict[str, ListedContainer]) -> Listing:
    return list_engine(client, ENGINE, now=ticking(), inspect_all=False, known=known)


def by_id(listing: Listing) -> dict[str, ListedContainer]:
    return {each.id: each for each in listing.containers}


def ids(name: str) -> list[str]:
    return [str(each["Id"]) for each in recorded(name)["list"]]


@pytest.mark.parametrize("name", ["docker-20.10", "podman-4.3"])
def test_a_first_listing_inspects_every_container(name: str) -> None:
    client = engine_of(name)

    listing = whole(client)

    assert client.paths == [LIST, *map(inspect_path, ids(name))]
    assert [each.id for each in listing.containers] == ids(name)
    assert (listing.services, listing.nodes) == (None, None)
    assert (listing.began_at, listing.ended_at) == (NOW, NOW + timedelta(seconds=1))


def test_what_looks_as_it_is_known_is_not_inspected_again() -> None:
    """But for what was made and not started: that it could not be, the list does not show."""
    client = engine_of("docker-20.10")
    known = by_id(whole(client))
    made = next(each.id for each in known.values() if each.state == "Starting")
    client.paths.clear()

    listing = again(client, known)

    assert client.paths == [LIST, inspect_path(made)]
    assert by_id(listing) == known


def test_after_a_gap_all_are_inspected_whatever_is_known() -> None:
    client = engine_of("docker-20.10")
    known = by_id(whole(client))
    client.paths.clear()

    list_engine(client, ENGINE, now=ticking(), inspect_all=True, known=known)

    assert len(client.paths) == 1 + len(known)


def test_who_is_new_or_changed_is_inspected() -> None:
    client = engine_of("docker-20.10")
    known = by_id(whole(client))
    named = {each.name: each.id for each in known.values()}
    new, changed, made = (named[name] for name in ("exited", "running", "created"))
    del known[new]
    known[changed] = replace(known[changed], name="another")
    client.paths.clear()

    listing = again(client, known)

    assert sorted(client.paths) == sorted([LIST, *map(inspect_path, (new, changed, made))])
    assert by_id(listing) == by_id(whole(client))


def test_who_goes_away_before_it_is_inspected_is_left_out() -> None:
    client = engine_of("docker-20.10")
    gone, *others = ids("docker-20.10")
    del client.answers[inspect_path(gone)]

    assert [each.id for each in whole(client).containers] == others


@pytest.mark.parametrize("answer", [refused(500), {"State": 7}, [], Gone("it hangs")])
def test_an_odd_container_is_as_the_list_shows_it(answer: object) -> None:
    client = engine_of("docker-20.10")
    [oom] = [each for each in recorded("docker-20.10")["list"] if each["Names"] == ["/oom"]]
    client.answers[inspect_path(oom["Id"])] = answer

    found = by_id(whole(client))[str(oom["Id"])]

    assert (found.name, found.state, found.exit_code) == ("oom", "Stopped", 137)
    assert found.started_at is None


def test_an_engine_that_answers_for_none_is_gone() -> None:
    client = engine_of("docker-20.10")
    for each in ids("docker-20.10"):
        client.answers[inspect_path(each)] = Gone("timed out")

    with pytest.raises(Gone, match="timed out"):
        whole(client)
    assert len(client.paths) == 1 + 4


@pytest.mark.parametrize("status", [401, 403])
def test_whoever_may_not_list_learns_which_right_is_missing(status: int) -> None:
    client = Asked({LIST: refused(status)})

    with pytest.raises(Refusal, match=r"we may not list containers.* needs CONTAINERS=1"):
        whole(client)


def test_whoever_may_list_but_not_inspect_learns_it_too() -> None:
    client = engine_of("docker-20.10")
    for each in ids("docker-20.10"):
        client.answers[inspect_path(each)] = refused(403)

    with pytest.raises(Refusal, match=r"we may not inspect containers.* needs CONTAINERS=1"):
        whole(client)
    assert len(client.paths) == 2


@pytest.mark.parametrize("answer", [refused(500), {"message": "no list"}, Gone("it went away")])
def test_without_a_list_there_is_no_listing(answer: object) -> None:
    with pytest.raises(Gone):
        whole(Asked({LIST: answer}))


def test_what_is_no_container_is_left_out() -> None:
    assert whole(Asked({LIST: [None, {}, {"Id": 3}, "x"]})).containers == ()


def test_there_is_a_limit() -> None:
    client = Asked({LIST: [0] * (MOST_CONTAINERS + 1)})

    with pytest.raises(Refusal, match="more than 100000 containers"):
        whole(client)


def test_a_manager_lists_its_swarm_too() -> None:
    client = manager_of("swarm")

    listing = list_engine(client, MANAGER, now=ticking(), inspect_all=True, known={})

    assert len(listing.services or ()) == 3
    assert len(listing.nodes or ()) == 2
    assert {each.node_id for each in listing.containers} == {"v805aaupajpc8ewa5c08yayye"}


def test_one_container_can_be_inspected() -> None:
    client = engine_of("docker-20.10")
    docker_id = ids("docker-20.10")[0]

    assert inspect(client, ENGINE, docker_id) == by_id(whole(client))[docker_id]
    assert inspect(client, ENGINE, "c0ffee") is None
    assert client.paths[-1] == inspect_path("c0ffee")


def test_no_id_leads_to_another_path() -> None:
    client = Asked({})

    assert inspect(client, ENGINE, "../info?x") is None
    assert client.paths == [inspect_path("..%2Finfo%3Fx")]


def test_inspecting_may_be_forbidden() -> None:
    with pytest.raises(Refusal, match="CONTAINERS=1"):
        inspect(Asked({inspect_path("c0ffee"): refused(403)}), ENGINE, "c0ffee")


def test_hundreds_of_containers_are_inspected_over_one_connection() -> None:
    row, found = recorded("docker-20.10")["list"][0], recorded("docker-20.10")["inspect"][0]
    docker_ids = [f"{number:064x}" for number in range(500)]
    with fake_engine() as engine:
        rows = [{**row, "Id": each} for each in docker_ids]
        engine.answers["/v1.41/containers/json"] = (200, json.dumps(rows).encode())
        for each in docker_ids:
            answer = json.dumps({**found, "Id": each}).encode()
            engine.answers[inspect_path(each)] = (200, answer)
        with closing(Client(parse_address(engine.url))) as client:
            listing = list_engine(client, ENGINE, now=ticking(), inspect_all=True, known={})

    assert [each.id for each in listing.containers] == docker_ids
    assert all(each.created_at for each in listing.containers)  # which only inspect tells
    assert engine.connections == 1
