"""Tutum on a real socket: what it has of its own. All else is tested with `dockercloud`."""

import json
from uuid import UUID

import pytest

from reactor.model.errors import SourceLost, SourceRefused
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.sources.tutum import TUTUM
from tests.fakes import PATIENCE, RecordingFeed, Running
from tests.sources.cloud import CLOSE, a_frame, fake_cloud

REFUSAL = {"type": "error", "data": {"errorMessage": "UNAUTHORIZED"}}


def uri(number):
    return f"/api/v1/container/{UUID(int=number, version=4)}/"


def an_event(number, state="Running"):
    return {"type": "container", "action": "update", "resource_uri": uri(number), "state": state}


@pytest.fixture
def cloud():
    with fake_cloud() as cloud:
        yield cloud


@pytest.fixture
def feed():
    return RecordingFeed()


def a_spec(cloud, **options):
    options = cloud.options | options
    return SourceSpec(name="tutum", type="tutum", options=options, place=Place("f", 1, 1))


@pytest.mark.parametrize(
    ("auth", "header", "query"),
    [
        ("Basic YW5uOmtleQ==", "Basic YW5uOmtleQ==", ""),
        ("ApiKey ann:key", "ApiKey ann:key", "?user=ann&token=key"),
        ("?auth=Basic YW5uOmtleQ==", "Basic YW5uOmtleQ==", "?auth=Basic+YW5uOmtleQ%3D%3D"),
    ],
)
def test_the_stream_is_asked_for_in_the_style_of_each_era(cloud, feed, auth, header, query):
    with Running(TUTUM.open(a_spec(cloud, auth=Secret(auth))), feed):
        assert cloud.connected.wait(PATIENCE)

    ((target, headers),) = cloud.upgrades
    assert target == f"/v1/events{query}"
    assert headers["authorization"] == header


@pytest.mark.parametrize("last_words", [b"", a_frame(b"", CLOSE)])
def test_credentials_are_refused_by_a_frame_before_the_end(cloud, feed, last_words):
    cloud.send(a_frame(json.dumps(REFUSAL).encode()) + last_words)

    with Running(TUTUM.open(a_spec(cloud)), feed) as running:
        cloud.connected.wait(PATIENCE)
        cloud.hang_up()
        error = running.wait()

    assert isinstance(error, SourceRefused)
    assert feed.puts == []


def test_the_frames_that_others_leave_out_are_tolerated(cloud, feed):
    notice = {"type": "user-notifications", "data": [{"n": 1}]}
    cloud.say({"type": "auth"}, notice, {"type": "user-notification"}, an_event(1))

    with Running(TUTUM.open(a_spec(cloud)), feed):
        feed.wait(3)

    kinds = [json.loads(put.raw)["type"] for put in feed.puts]
    assert kinds == ["user-notifications", "user-notification", "container"]


def test_what_changed_while_nobody_listened_is_inferred_from_its_listing(cloud, feed):
    cloud.objects = {"container": [{"resource_uri": uri(1), "state": "Running"}]}
    source = TUTUM.open(a_spec(cloud))
    with Running(source, feed) as running:
        feed.wait_for_kept("baseline")
        cloud.hang_up()
        assert isinstance(running.wait(), SourceLost)
    cloud.objects = {"container": []}

    with Running(TUTUM.open(a_spec(cloud)), feed):  # another start: by what the journal kept
        (put,) = feed.wait(1)

    told = json.loads(put.raw)
    assert (told["resource_uri"], told["state"]) == (uri(1), "Terminated")
    assert told["inferred"] is True
    assert all(target.startswith("/api/v1/") for target in cloud.listings)
    assert source.peer == f"Tutum at ws://{cloud.address}"


def test_its_objects_are_those_of_a_platform_and_have_an_api(cloud):
    assert TUTUM.platform
    assert TUTUM.api(a_spec(cloud)).origin == f"http://{cloud.address}"
    with pytest.raises(SourceRefused, match="'user' is set and 'apikey' is not"):
        TUTUM.api(a_spec(cloud, auth=None, user="ann"))
