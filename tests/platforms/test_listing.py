"""Listing with the real client, from a server on a real socket."""

import json
from threading import Event
from uuid import UUID

import pytest

from reactor.model.errors import SourceLost
from reactor.model.uri import object_uri
from reactor.platforms import listing
from reactor.platforms.client import Client
from reactor.platforms.listing import list_objects, object_key
from tests.sources.cloud import a_page, fake_cloud


def uri(number, kind="container"):
    return object_uri(kind, str(UUID(int=number, version=4)))


def an_object(number, kind="container", state="Running", **links):
    return {"resource_uri": uri(number, kind), "state": state, "name": "x", **links}


@pytest.fixture
def cloud(monkeypatch):
    # The real pauses between the tries add up to twelve seconds.
    monkeypatch.setattr(listing, "TRIES", ((100, 0.0), (100, 0.0), (25, 0.0)))
    with fake_cloud() as cloud:
        yield cloud


def listed(cloud, *kinds, namespace=None, stop=None):
    origin = f"http://{cloud.address}"
    api = Client(origin=origin, authorization="Basic eA==", namespace=namespace)
    return list_objects(api, kinds or ("container",), (stop or Event()).wait)


def numbers(objects):
    return [UUID(each.key.partition("/")[2]).int & 0xFFFF for each in objects]


def offsets(cloud):
    return [int(target.rpartition("=")[2]) for target in cloud.listings]


@pytest.mark.parametrize("count", [0, 1, 100, 101, 199, 200, 350])
def test_every_object_is_listed_once_page_by_page(cloud, count):
    cloud.objects = {"container": [an_object(number) for number in range(count)]}

    assert numbers(listed(cloud)) == list(range(count))


def test_a_page_begins_with_the_last_object_of_the_page_before(cloud):
    cloud.objects = {"container": [an_object(number) for number in range(250)]}

    listed(cloud)

    assert offsets(cloud) == [0, 99, 198]


def test_an_object_says_what_it_is_and_whose(cloud):
    cloud.objects = {
        "container": [an_object(1, service=uri(2, "service"), node=uri(3, "node"), stack=None)],
        "service": [an_object(2, "service", stack=uri(4, "stack"))],
        "node": [an_object(3, "node", node_cluster=uri(5, "nodecluster"))],
    }

    container, service, node = listed(cloud, "container", "service", "node")

    assert (container.type, container.uri, container.state) == ("container", uri(1), "Running")
    # In the order of a frame's parents, those that only a parent tells as well.
    assert container.parents == [
        uri(2, "service"),
        uri(3, "node"),
        uri(4, "stack"),
        uri(5, "nodecluster"),
    ]
    assert (service.parents, node.parents) == ([uri(4, "stack")], [uri(5, "nodecluster")])


def test_the_namespace_stands_in_the_path(cloud):
    listed(cloud, "node", "stack", namespace="acme")

    assert [target.partition("?")[0] for target in cloud.listings] == [
        "/api/infra/v1/acme/node/",
        "/api/app/v1/acme/stack/",
    ]


def test_what_is_no_object_of_the_type_is_left_out(cloud):
    cloud.objects = {
        "container": [
            7,
            {},
            an_object(1, "service"),
            {"resource_uri": "/api/app/v1/container/../", "state": "Running"},
            {"resource_uri": uri(2), "state": 7, "service": "//evil/", "node": 7},
            an_object(3, state="x" * 101),
        ]
    }

    found = listed(cloud)

    assert [(each.uri, each.state, each.parents) for each in found] == [
        (uri(2), "", []),
        (uri(3), "", []),
    ]


def vanishing(cloud, target):
    """After the first page an object of it goes away, and all others move up: once."""
    page = a_page(cloud, target)
    if len(cloud.listings) == 1:
        del cloud.objects["container"][5]
    return page


def test_objects_that_change_while_they_are_listed_are_listed_anew(cloud):
    cloud.objects = {"container": [an_object(number) for number in range(150)]}
    cloud.page = vanishing

    assert numbers(listed(cloud)) == [number for number in range(150) if number != 5]
    assert offsets(cloud) == [0, 99, 0, 99]


def leading_to(following):
    def page(cloud, target):
        return json.dumps({"meta": {"next": following}, "objects": [an_object(1)]}).encode()

    return page


@pytest.mark.parametrize(
    ("following", "why"),
    [
        ("/api/app/v1/container/?limit=100&offset=1", "its next page does not lead on"),
        ("/api/app/v1/container/?limit=100&offset=x", "its next page does not lead on"),
        ("/api/app/v1/container/", "its next page does not lead on"),
        ("https://[evil/", "its next page does not lead on"),
        (7, "its next page does not lead on"),
    ],
)
def test_a_next_page_that_leads_nowhere_ends_the_listing(cloud, following, why):
    cloud.page = leading_to(following)

    with pytest.raises(SourceLost, match=why):
        listed(cloud)


def test_a_next_page_leads_to_no_other_host_or_path(cloud):
    with fake_cloud() as canary:
        cloud.page = leading_to(f"http://{canary.address}/api/evil/?offset=50")

        with pytest.raises(SourceLost, match="does not lead on"):
            listed(cloud)

        assert canary.listings == []
    assert {target.partition("?")[0] for target in cloud.listings} == {"/api/app/v1/container/"}


def test_endless_pages_end(cloud, monkeypatch):
    # Twenty thousand objects would make a slow test.
    monkeypatch.setattr(listing, "MOST_OBJECTS", 500)
    cloud.objects = {"container": [an_object(number) for number in range(501)]}

    with pytest.raises(SourceLost, match=r"^GET /api/app/v1/container/: more than 500 objects$"):
        listed(cloud)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "the answer cannot be read: not JSON in UTF-8"),
        (b"[]", "the answer cannot be read: JSON, but not an object"),
        (b"{}", "the answer is no list of objects"),
        (b'{"meta": {}, "objects": {}}', "the answer is no list of objects"),
        (b'{"meta": {}, "objects": ' + b"[" * 100_000, "the answer cannot be read"),
        (b" " * 1_100_000, "the answer is larger than"),
    ],
)
def test_an_answer_that_is_no_listing_says_why(cloud, body, why):
    cloud.page = lambda *_: body

    with pytest.raises(SourceLost, match=f"^GET /api/app/v1/container/: {why}"):
        listed(cloud)


def test_three_tries_are_made_the_last_for_smaller_pages(cloud):
    cloud.listing_status = 500

    with pytest.raises(SourceLost, match="500 Internal Server Error"):
        listed(cloud)

    limits = [target.partition("limit=")[2].partition("&")[0] for target in cloud.listings]
    assert limits == ["100", "100", "25"]


def test_a_stop_ends_the_listing_and_its_pauses(cloud):
    cloud.objects = {"container": [an_object(number) for number in range(150)]}
    stop = Event()
    cloud.page = lambda *asked: (stop.set(), a_page(*asked))[1]

    with pytest.raises(SourceLost, match="we stop"):
        listed(cloud, stop=stop)

    assert len(cloud.listings) == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (uri(1), f"container/{UUID(int=1, version=4)}"),
        (uri(1).rstrip("/"), f"container/{UUID(int=1, version=4)}"),
        (uri(1).replace("v1/", "v1/acme/").upper(), None),
        (uri(1).replace("/app", ""), f"container/{UUID(int=1, version=4)}"),  # Tutum's
        (uri(1, "action"), None),
        (uri(1) + "logs/", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_an_object_has_one_key_under_all_its_uris(text, key):
    assert object_key(text) == key


def test_tutum_lists_by_its_own_paths(cloud):
    cloud.objects = {"node": [{"resource_uri": uri(1).replace("app/v1/container", "v1/node")}]}
    api = Client(origin=f"http://{cloud.address}", authorization="Basic eA==", namespace=None)

    (found,) = list_objects(api, ("node",), Event().wait, is_tutum=True)

    assert found.key == object_key(uri(1, "node"))
    assert cloud.listings == ["/api/v1/node/?limit=100&offset=0"]
