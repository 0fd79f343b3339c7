"""Requests to a hook, by a real client: what is answered, and what only the log is told."""

import hmac
import http.client
import json
from contextlib import ExitStack, closing
from threading import Thread

import pytest

from reactor.engine.inbound import guard_for
from reactor.engine.normalize import MAX_BYTES
from reactor.model.secret import Secret
from reactor.sources.webhook import WebhookSource
from reactor.web import hooks
from tests.fakes import PATIENCE
from tests.web.served import NOW, SHOWN, Journaled, a_source, served


@pytest.fixture
def feed():
    return Journaled()


@pytest.fixture
def hook(feed):
    with served(feed) as hook:
        yield hook


def test_a_sender_is_told_the_ids_of_its_events_when_they_are_safe(hook, feed):
    answer = hook.post([{"uuid": "a"}, {"uuid": "b"}])

    assert (answer.status, answer.data) == (202, {"events": ["a", "b"]})
    assert [frame.raw for frame in feed.frames] == [b'{"uuid": "a"}', b'{"uuid": "b"}']


def test_nothing_to_tell_is_safe_at_once(hook):
    answer = hook.post([])

    assert (answer.status, answer.data) == (202, {"events": []})


def test_a_challenge_is_sent_back_to_who_signs_it_and_is_no_event(hook, feed):
    guard = guard_for("slack", secret=Secret("a-secret"))
    hook.hooks["ci"] = WebhookSource("ci", "slack", guard)
    body = b'{"challenge": "3eZbrw1aBm2r", "type": "url_verification"}'
    stamp = str(int(NOW.timestamp()))
    signature = hmac.new(b"a-secret", f"v0:{stamp}:".encode() + body, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "X-Slack-Request-Timestamp": stamp}

    answer = hook.ask(
        "POST", "/hooks/ci", body, {**headers, "X-Slack-Signature": "v0=" + signature}
    )
    stranger = hook.ask(
        "POST", "/hooks/ci", body, {**headers, "X-Slack-Signature": "v0=" + "0" * 64}
    )

    assert (answer.status, answer.data) == (200, {"challenge": "3eZbrw1aBm2r"})
    assert stranger.status == 401
    assert feed.frames == []


def test_it_is_not_accepted_before_it_is_safe(hook, feed):
    feed.commits, answers = False, []
    thread = Thread(target=lambda: answers.append(hook.post({"uuid": "a"})))
    thread.start()
    while not feed.frames:
        assert thread.is_alive()
    assert answers == []

    feed.frames[0].acknowledge()

    thread.join(PATIENCE)
    assert answers[0].status == 202


def test_what_is_not_safe_in_time_may_come_again(feed):
    feed.commits = False
    with served(feed, safe_seconds=0.05) as hook:
        answer = hook.post({"uuid": "a"})

        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
        assert hook.said == ["source ci: refused a request with 503: no commit within 0.05 s"]
        feed.frames[0].acknowledge()  # nobody waits any more, and that is no fault


def test_a_full_road_may_be_tried_again(hook, feed):
    feed.room = 1

    answer = hook.post([{"uuid": "a"}, {"uuid": "b"}])

    assert (answer.status, answer.headers["retry-after"]) == (503, "10")
    feed.room = 10
    assert hook.post([{"uuid": "a"}, {"uuid": "b"}]).status == 202


def test_at_most_so_many_wait_for_the_journal(hook, feed, monkeypatch):
    monkeypatch.setattr(hooks, "MOST_WAITING", 0)  # five hundred clients prove no more

    assert hook.post({}).status == 503


def test_bodies_have_a_bound_all_together(hook, monkeypatch):
    monkeypatch.setattr(hooks, "MOST_HELD", 10)  # else 64 MiB would have to be under way

    assert hook.post({"a": "long text"}).status == 503
    assert hook.post({}).status == 202  # what was held is held no more


REFUSED = [
    ({"Authorization": "Bearer another"}, b"{}", 401, "does not hold our token"),
    ({"Authorization": ""}, b"{}", 401, "holds no token"),
    ({"Content-Type": "text/plain"}, b"{}", 415, "expected JSON"),
    ({}, b'{"a":', 400, "not JSON"),
    ({}, b"\xff", 400, "not JSON"),
    ({}, b"7", 422, "not an object"),
    ({}, b"{}" + b" " * MAX_BYTES, 413, "longer than 1,048,576 bytes"),
]


@pytest.mark.parametrize(("changed", "body", "status", "why"), REFUSED)
def test_why_a_request_is_refused_only_the_log_says(hook, feed, changed, body, status, why):
    answer = hook.ask("POST", "/hooks/ci", body, {**SHOWN, **changed})

    assert answer.status == status
    assert list(answer.data) == ["error"]
    (said,) = hook.said
    assert said.startswith(f"source ci: refused a request with {status}: ")
    assert why in said
    assert feed.frames == []


def test_every_401_is_the_same(hook):
    headers = [
        {},
        {"Authorization": "Bearer another"},
        {"Authorization": "Basic YTpi"},
        {"X-Hub-Signature-256": "sha256=00"},
    ]

    answers = [hook.ask("POST", "/hooks/ci", b"{}", each) for each in headers]

    told = {(each.status, each.body, each.headers["www-authenticate"]) for each in answers}
    assert told == {(401, b'{"error":"unauthorized"}', 'Bearer realm="hooks"')}


def test_a_reason_is_told_once_a_minute(hook):
    for _ in range(5):
        hook.post({}, Authorization="Bearer another")
        hook.post("text")

    wrong, text = hook.said
    assert "401" in wrong
    assert "422" in text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_there_is_only_post(hook, method):
    answer = hook.ask(method, "/hooks/ci", headers=SHOWN)

    assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/hooks/other", "/hooks/ci/", "/hooks/", "/hooks/../hooks/ci"])
def test_another_hook_is_not_there(hook, path):
    assert hook.post({}, path=path).status == 404


def test_a_hook_that_is_not_there_is_told_once(hook):
    for number in range(5):
        hook.post({}, path=f"/hooks/x{number}")

    assert hook.said == ["refused a request to /hooks/x0: there is no such source"]


def test_until_all_is_started_no_hook_is_missing(hook):
    hook.vitals.is_started = False

    assert hook.post({}, path="/hooks/other").status == 503


def test_a_source_that_is_being_replaced_takes_nothing(hook):
    hook.hooks["ci"] = a_source()  # which does not run

    assert hook.post({}).status == 503


def test_a_name_may_hold_anything(hook):
    hook.hooks["über/all"] = hook.hooks["ci"]

    assert hook.post({}, path="/hooks/%C3%BCber/all").status == 202


def pieces(total, size=60_000):
    return (b" " * size for _ in range(total // size + 1))


def test_a_body_without_a_length_is_cut_off_where_it_becomes_too_long(hook):
    answer = hook.ask("POST", "/hooks/ci", pieces(2 * MAX_BYTES), SHOWN)

    assert answer.status == 413


def test_a_body_that_says_it_is_too_long_is_not_asked_for(hook):
    with closing(http.client.HTTPConnection(*hook.server.address, timeout=PATIENCE)) as client:
        client.putrequest("POST", "/hooks/ci")
        client.putheader("Content-Length", str(MAX_BYTES + 1))
        client.endheaders()

        assert client.getresponse().status == 413


def test_a_client_that_leaves_is_no_fault(hook, feed):
    client = http.client.HTTPConnection(*hook.server.address, timeout=PATIENCE)
    client.putrequest("POST", "/hooks/ci")
    client.putheader("Content-Length", "10")
    client.endheaders(b"12345")
    client.close()

    assert "or was cut off" in hook.lines.get(timeout=PATIENCE)
    assert hook.post({}).status == 202


def test_many_at_once_are_all_answered(hook, feed):
    with ExitStack() as stack:
        clients = [
            stack.enter_context(
                closing(http.client.HTTPConnection(*hook.server.address, timeout=PATIENCE))
            )
            for _ in range(100)
        ]
        for number, client in enumerate(clients):
            client.request("POST", "/hooks/ci", json.dumps({"uuid": f"e{number}"}), SHOWN)
        told = [json.loads(client.getresponse().read())["events"] for client in clients]

    assert told == [[f"e{number}"] for number in range(100)]
    assert len(feed.frames) == 100
