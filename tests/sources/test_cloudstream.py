"""The source against a Docker Cloud on a real socket."""

import json
from contextlib import contextmanager
from socket import create_server
from threading import Event
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.event import Arrival
from reactor.model.uri import object_uri
from reactor.platforms import listing
from reactor.sources import cloudstream
from reactor.sources.cloudstream import DockerCloudSource
from reactor.sources.intake import Intake, IntakeFeed
from tests.fakes import PATIENCE, RecordingFeed, Running
from tests.sources.cloud import BINARY, a_frame, fake_cloud


def uri(number, kind="container"):
    return object_uri(kind, str(UUID(int=number, version=4)))


def key(number, kind="container"):
    return f"{kind}/{UUID(int=number, version=4)}"


def an_event(number, state="Running", **fields):
    return {
        "type": "container",
        "action": "update",
        "resource_uri": uri(number),
        "state": state,
    } | (fields)


def an_object(number, state="Running", kind="container", **links):
    return {"resource_uri": uri(number, kind), "state": state, **links}


@pytest.fixture
def cloud():
    with fake_cloud() as cloud:
        yield cloud


@pytest.fixture
def feed():
    return RecordingFeed()


def a_source(cloud, **options):
    return DockerCloudSource(cloud.options | options, {})


@contextmanager
def connected(source, feed, cloud):
    """The source, running, and its first listing taken in."""
    with Running(source, feed) as running:
        feed.wait_for_kept("baseline")
        yield running


def reconnect(cloud, running):
    """Break the connection; the source ends, as it does before its supervisor runs it again."""
    cloud.hang_up()
    assert isinstance(running.wait(), SourceLost)


def received(feed):
    return [json.loads(put.raw) for put in feed.puts]


def test_frames_are_handed_in_exactly_as_they_came(cloud, feed):
    raw = b'{ "type": "user-notification", "n": 1.0, "new": {"\\u00e9": []} }'
    cloud.say({"type": "auth"}, raw, {"type": "error", "data": {"errorMessage": "QUOTA"}})

    with Running(a_source(cloud), feed):
        puts = feed.wait(2)

    assert puts[0].raw == raw
    assert json.loads(puts[1].raw)["type"] == "error"


def test_what_is_no_frame_is_handed_in_to_be_counted(cloud, feed):
    deep = b"[" * 100_000
    cloud.say(b"not json", b"\xff", b"[]", deep)
    cloud.send(a_frame(b"\x00\x01", BINARY))
    cloud.say(an_event(1))

    with Running(a_source(cloud), feed):
        puts = feed.wait(6)

    assert [put.raw for put in puts[:5]] == [b"not json", b"\xff", b"[]", deep, b"\x00\x01"]


def test_two_frames_that_are_equal_are_two_events(cloud, feed):
    cloud.say(an_event(1), an_event(1))

    with Running(a_source(cloud), feed):
        first, second = feed.wait(2)

    assert first.identity != second.identity


def test_the_stream_is_asked_for_by_namespace_and_filter(cloud, feed):
    wanted = {"type": ("container", "service,action"), "parent": (uri(1, "service"),)}

    with Running(a_source(cloud, namespace="acme", filter=wanted), feed):
        assert cloud.connected.wait(PATIENCE)

    ((target, headers),) = cloud.upgrades
    assert urlsplit(target).path == "/api/audit/v1/acme/events/"
    assert parse_qs(urlsplit(target).query) == {
        "type": ["container,service,action"],
        "parent": [uri(1, "service")],
    }
    assert headers["authorization"] == "Basic YW5uOmtleQ=="


def test_the_filter_is_applied_here_too(cloud, feed):
    service = uri(7, "service").rstrip("/")
    wanted = {"type": ("container", "gap"), "parent": (service, uri(8, "service"))}
    cloud.say(
        an_event(1),
        an_event(2, type="service", parents=[service]),
        an_event(3, parents=[uri(9, "service")]),
        an_event(4, type=["container"], parents=service),
        an_event(5, parents=[f"/api/app/v1/acme/{key(7, 'service')}/", uri(1, "node")]),
    )

    with Running(a_source(cloud, filter=wanted), feed):
        (put,) = feed.wait(1)

    assert json.loads(put.raw)["resource_uri"] == uri(5)


def test_an_unauthorized_frame_refuses_the_credentials(cloud, feed):
    cloud.say({"type": "error", "data": {"errorMessage": "UNAUTHORIZED"}})

    with Running(a_source(cloud), feed) as running:
        error = running.wait()

    assert isinstance(error, SourceRefused)
    assert feed.puts == []


def test_a_401_refuses_the_credentials_and_nothing_is_listed(cloud, feed):
    cloud.status = "401 Unauthorized"

    with Running(a_source(cloud), feed) as running:
        assert isinstance(running.wait(), SourceRefused)

    assert cloud.listings == []
    assert not feed.subscribed.is_set()


def test_without_credentials_nothing_is_connected_to(cloud, feed):
    with pytest.raises(SourceRefused, match="no credentials"):
        DockerCloudSource({**cloud.options, "auth": None}, {"HOME": "/nowhere"}).run(feed, Event())

    assert cloud.upgrades == []


def test_the_peer_is_named_by_its_stream(cloud, feed):
    source = a_source(cloud)
    with connected(source, feed, cloud):
        assert source.peer == f"Docker Cloud at ws://{cloud.address}"


def test_a_source_that_waits_for_an_answer_to_its_handshake_stops_within_a_second(cloud, feed):
    with create_server(("127.0.0.1", 0)) as silent:
        source = a_source(cloud, stream_host=f"ws://127.0.0.1:{silent.getsockname()[1]}")
        with Running(source, feed) as running, silent.accept()[0]:
            running.stop.set()

            assert running.wait(1.0) is None


def test_a_source_that_lists_stops_within_a_second(cloud, feed):
    cloud.listable.clear()
    with Running(a_source(cloud), feed) as running:
        while not cloud.listings:
            pass
        cloud.say(an_event(1))
        feed.wait(1)  # and meanwhile it reads
        running.stop.set()

        assert running.wait(1.0) is None


# What the road has no room for.


def frames_of(items):
    """The data of the frames among them."""
    return [json.loads(item.raw) for item in items if isinstance(item, Arrival)]


def test_while_the_road_is_full_frames_wait_in_their_order(cloud):
    intake = Intake(max_frames=2)
    feed = IntakeFeed(intake=intake, source="cloud", platform=True)
    cloud.say(*({"n": number} for number in range(20)))

    with Running(a_source(cloud), feed):
        taken = []
        while len(taken) < 20:
            taken += frames_of(intake.take(1, PATIENCE))

    assert [each["n"] for each in taken] == list(range(20))


def test_what_waits_when_the_connection_is_lost_is_handed_in_at_the_next(cloud):
    intake = Intake(max_frames=1)
    feed = IntakeFeed(intake=intake, source="cloud", platform=True)
    source = a_source(cloud)

    with Running(source, feed) as running:
        assert cloud.connected.wait(PATIENCE)
        cloud.say({"n": 0}, {"n": 1}, {"n": 2})
        reconnect(cloud, running)
    cloud.say({"n": 3})
    with Running(source, feed):
        taken = []
        while len(taken) < 4:
            taken += frames_of(intake.take(1, PATIENCE))

    assert [each["n"] for each in taken] == [0, 1, 2, 3]


def test_when_the_spool_is_full_reading_rests_and_a_gap_is_told(cloud):
    """Of the source, not of the connection: it holds, and all that was sent comes."""
    intake = Intake(max_frames=1)
    feed = IntakeFeed(intake=intake, source="cloud", platform=True)
    source = DockerCloudSource(cloud.options, {}, spooled=20_000)
    frames = [{"n": number, "padding": "x" * 10_000} for number in range(300)]

    with Running(source, feed) as running:
        assert cloud.connected.wait(PATIENCE)
        cloud.say(*frames)
        taken = []
        while len(taken) < 300 or taken[-1].get("n") != 299:
            taken += frames_of(intake.take(1, PATIENCE))
        assert running.error is None

    gaps = [data for data in taken if data.get("type") == "gap"]
    assert [data["n"] for data in taken if "n" in data] == list(range(300))
    assert gaps
    assert all(each["reason"] == "the road was full" and each["from"] < each["to"] for each in gaps)


# What changed while nobody listened.


def test_the_first_listing_is_a_baseline_and_fires_nothing(cloud, feed):
    cloud.objects = {"container": [an_object(1)], "node": [an_object(2, "Deployed", "node")]}

    with connected(a_source(cloud), feed, cloud):
        pass

    assert feed.puts == []
    assert feed.kept[key(1)] == "Running"
    assert feed.kept[key(2, "node")] == "Deployed"


def test_at_a_reconnect_what_changed_is_inferred(cloud, feed):
    service, stack = uri(1, "service"), uri(1, "stack")
    cloud.objects = {
        "container": [an_object(1), an_object(2), an_object(3, service=service)],
        "service": [an_object(1, "Running", "service", stack=stack)],
    }
    source = a_source(cloud)
    with connected(source, feed, cloud) as running:
        reconnect(cloud, running)
    cloud.objects["container"] = [
        an_object(2, "Stopped"),
        an_object(3, service=service),
        an_object(4, "Starting", service=service),
    ]

    with Running(source, feed):
        feed.wait(3)

    changes = received(feed)
    assert [(each["resource_uri"], each["action"], each["state"]) for each in changes] == [
        (uri(1), "update", "Terminated"),
        (uri(2), "update", "Stopped"),
        (uri(4), "create", "Starting"),
    ]
    assert all(each["inferred"] is True for each in changes)
    assert changes[2]["parents"] == [service, stack]
    assert (feed.kept.get(key(1)), feed.kept[key(2)]) == (None, "Stopped")


def test_after_a_restart_the_journal_knows_what_was_last_known(cloud, feed):
    cloud.objects = {"container": [an_object(1)]}
    with connected(a_source(cloud), feed, cloud):
        cloud.say(an_event(2))
        feed.wait(1)
    cloud.objects = {"container": [an_object(1, "Stopped"), an_object(2)]}

    with Running(a_source(cloud), feed):
        feed.wait(2)

    assert received(feed)[1]["resource_uri"] == uri(1)


def test_a_frame_that_came_before_the_listing_was_compared_is_newer(cloud, feed):
    """The PONG to a PING that follows the listing tells that all frames before it were read."""
    cloud.objects = {"container": [an_object(1), an_object(2)]}
    source = a_source(cloud)
    with connected(source, feed, cloud) as running:
        reconnect(cloud, running)
    cloud.objects = {"container": [an_object(1, "Stopped"), an_object(2, "Stopped")]}
    cloud.listings.clear()
    cloud.listable.clear()

    with Running(source, feed):
        while not cloud.listings:
            pass
        cloud.say(an_event(1, "Starting"))
        cloud.listable.set()
        puts = feed.wait(2)

    assert [json.loads(put.raw)["state"] for put in puts] == ["Starting", "Stopped"]
    assert received(feed)[1]["resource_uri"] == uri(2)


def test_only_wanted_types_are_listed_and_those_that_tell_of_their_parents(cloud, feed):
    wanted = {"type": ("container", "action")}

    with connected(a_source(cloud, filter=wanted), feed, cloud):
        pass
    with connected(a_source(cloud, filter=wanted | {"parent": ("/x/",)}), RecordingFeed(), cloud):
        pass

    listed = [urlsplit(target).path for target in cloud.listings]
    assert listed == [
        f"/api/{each}/"
        for each in ("app/v1/container", "app/v1/container", "app/v1/service", "infra/v1/node")
    ]


def test_another_account_is_another_baseline(cloud, feed):
    cloud.objects = {"container": [an_object(1)]}
    with connected(a_source(cloud), feed, cloud):
        pass
    before = feed.kept["question"]
    cloud.objects = {"container": [an_object(2)]}

    with Running(a_source(cloud, namespace="acme"), feed):
        feed.wait_for_kept(key(2))

    assert feed.kept["question"] != before
    assert key(1) not in feed.kept
    assert feed.puts == []


def test_objects_that_cannot_be_listed_are_a_gap_but_not_at_the_first_time(
    cloud, feed, monkeypatch
):
    # The real pauses between the tries add up to twelve seconds.
    monkeypatch.setattr(listing, "TRIES", ((100, 0.0),) * 3)
    source = a_source(cloud)
    cloud.listing_status = 503
    with Running(source, feed) as running:
        cloud.say(an_event(1))
        feed.wait(1)
        while len(cloud.listings) < 3:
            pass
        reconnect(cloud, running)
    cloud.listing_status = 200
    with connected(source, feed, cloud) as running:
        reconnect(cloud, running)
    cloud.listing_status = 503

    with Running(source, feed):
        told = json.loads(feed.wait(2)[1].raw)

    assert feed.said[-1].endswith("; trying again in 60 s")
    assert told["type"] == "gap"
    assert told["from"] < told["to"]
    assert told["reason"] == (
        "the objects could not be listed: GET /api/app/v1/container/: 503 Service Unavailable"
    )


def test_a_listing_that_failed_is_repeated_while_the_connection_lasts(cloud, feed, monkeypatch):
    # The real pauses are seconds and a minute.
    monkeypatch.setattr(listing, "TRIES", ((100, 0.0),))
    monkeypatch.setattr(cloudstream, "LIST_AGAIN_SECONDS", 0.0)
    cloud.listing_status = 503
    with Running(a_source(cloud), feed):
        feed.wait_for_said("503 Service Unavailable")
        cloud.listing_status = 200

        feed.wait_for_kept("baseline")
