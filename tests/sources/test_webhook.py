"""The source itself: what it lets in, under which names, and what its entry may say."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event

import pytest

from reactor.engine.inbound import Inbound, Refused
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.secret import Secret
from reactor.sources.webhook import WEBHOOK, find_faults, open_webhook
from tests.fakes import PATIENCE, FullFeed, RecordingFeed, Running

NOW = datetime(2031, 5, 6, 17, 8, 9, tzinfo=UTC)
TOKEN = "a-token"


def a_source(**options):
    options = options or {"token": Secret(TOKEN)}
    spec = SourceSpec(name="ci", type="webhook", options=options, place=Place("f", 1, 1))
    return open_webhook(spec)


def a_request(body: object, *, token: str = TOKEN, **headers: str) -> Inbound:
    """Plain JSON, shown with a bearer token."""
    named: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound(
        headers=(
            ("content-type", "application/json"),
            ("authorization", f"Bearer {token}"),
            *named.items(),
        ),
        body=json.dumps(body).encode(),
    )


@pytest.fixture
def feed():
    return RecordingFeed()


@pytest.fixture
def source(feed):
    source = a_source()
    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)
        yield source


def test_it_says_where_it_is_reached(source):
    assert source.peer == "/hooks/ci"


def test_a_request_becomes_a_frame(source, feed):
    request = a_request({"n": 1}, webhook_id="msg-1")

    ids = source.receive(request, NOW, lambda: None)

    (frame,) = feed.wait(1)
    assert (frame.identity,) == ids == ("msg-1/1",)
    assert frame.raw == request.body


def test_what_a_preset_finds_goes_with_the_frame(feed):
    body = b'{"repository": {"full_name": "acme/web"}, "ref": "refs/heads/main", "uuid": "other"}'
    signature = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    headers = (
        ("content-type", "application/json"),
        ("x-hub-signature-256", f"sha256={signature}"),
        ("x-github-event", "push"),
        ("x-github-delivery", "72d3162e"),
    )
    source = a_source(preset="github", secret=Secret("s3cret"))
    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)
        source.receive(Inbound(headers=headers, body=body), NOW, lambda: None)

    (frame,) = feed.wait(1)
    assert (frame.identity, frame.is_named, frame.subject) == ("72d3162e", True, "acme/web")
    assert frame.facts == {"type": "push", "repository": "acme/web", "branch": "main"}


def test_a_list_is_several_events_and_the_last_says_that_all_are_safe(source, feed):
    told = Event()

    ids = source.receive(a_request([{"n": 1}, {"n": 2}], webhook_id="a"), NOW, told.set)

    assert ids == ("a/1", "a/2")
    first, last = feed.wait(2)
    assert first.acknowledge is None
    last.acknowledge()
    assert told.is_set()


def test_no_event_is_taken_too(source, feed):
    assert source.receive(a_request([]), NOW, lambda: None) == ()
    assert feed.frames == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (a_request({}, token="another"), 401),
        (Inbound(headers=(("content-type", "application/json"),), body=b"{}"), 401),
        (a_request("text"), 422),
        (a_request([{}] * 1_001), 413),
        (a_request({"n": "\x00"}), 400),
        (a_request({}, content_type="text/plain"), 415),
    ],
)
def test_what_is_refused_leaves_no_trace(source, feed, request_, status):
    refused = source.receive(request_, NOW, lambda: None)

    assert isinstance(refused, Refused)
    assert refused.status == status
    assert feed.frames == []


def test_strangers_are_not_read(source):
    refused = source.receive(a_request("no event", token="another"), NOW, lambda: None)

    assert refused.status == 401


def test_on_a_full_road_nothing_is_promised():
    feed, source = FullFeed(room=1), a_source()
    with Running(source, feed) as running:
        while source.receive(a_request({"n": 1}), NOW, lambda: None) is None:
            assert running.error is None  # its thread has only just begun

        assert source.receive(a_request({"n": 2}), NOW, lambda: None) is None


def test_before_it_runs_and_after_it_takes_nothing(feed):
    source = a_source()
    assert source.receive(a_request({}), NOW, lambda: None) is None

    with Running(source, feed):
        assert feed.subscribed.wait(PATIENCE)

    assert source.receive(a_request({}), NOW, lambda: None) is None


def test_while_we_stop_it_takes_nothing():
    feed, source = FullFeed(room=1), a_source()
    feed.closed.set()
    with Running(source, feed):
        assert source.receive(a_request({}), NOW, lambda: None) is None


SECRET, SIGNATURE = Secret("s3cret"), {"header": "X-Signature"}


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({}, "it needs a `token`"),
        ({"secret": SECRET}, "`secret` needs a `signature`"),
        ({"preset": "github"}, "it needs a `secret`"),
        ({"preset": "github", "token": SECRET}, "only `secret` is used here"),
        ({"preset": "github", "secret": SECRET, "signature": SIGNATURE}, "leave `signature` out"),
        ({"preset": "dockerhub", "secret": SECRET}, "`secret` needs a `signature`"),
        ({"token": SECRET, "secret": SECRET}, "`secret` needs a `signature`"),
        ({"token": Secret("a b")}, "no spaces"),
        ({"secret": SECRET, "signature": {"header": "X Signature"}}, "no name of a header"),
    ],
)
def test_what_would_be_open_or_closed_to_everybody_is_told(options, fault):
    assert fault in find_faults(options)["webhook"]


@pytest.mark.parametrize(
    "options",
    [
        {"token": SECRET},
        {"preset": "none", "token": SECRET},
        {"secret": SECRET, "signature": {**SIGNATURE, "algorithm": "sha1", "encoding": "base64"}},
        {"preset": "slack", "secret": SECRET},
        {"preset": "alertmanager", "token": SECRET},
    ],
)
def test_these_can_be_opened(options):
    assert find_faults(options) == {}


def test_its_facts_are_no_platforms():
    assert not WEBHOOK.platform
