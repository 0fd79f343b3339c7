"""The `slack` action: what is stored, cut to Slack's limits, and how Slack's words are told."""

import json
from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.engine.blocks import BLOCKS_LIMIT, TEXT_LIMIT
from reactor.engine.outgoing import joined
from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from reactor.model.request import Response, Verdict
from reactor.model.secret import Secret, Vault
from tests.builders import NO_SECRETS, NOON, a_delivery, a_destination, an_action

SLACK = ACTIONS["slack"]
REFERENCE = "${file:/run/token}"
VAULT = Vault("nonce", {REFERENCE: 's3"cret'})
NAMES = {"rule": "a < b", "event": {"subject": "/api/c/1/"}, "state": "Stopped", "who": "<!here>"}


def text(source):
    return compile_template(source, Landing.SLACK)


def payload(vault=NO_SECRETS, **parameters):
    request = SLACK.render(an_action(type="slack", parameters=parameters), NAMES, vault)
    return json.loads(joined(request.body, vault))


def section(words):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text(words)}}


def test_the_text_is_rendered_and_what_an_event_brings_is_escaped():
    assert payload(text=text("*{{ who }}*")) == {"text": "*&lt;!here&gt;*"}


def test_without_a_text_a_summary_is_sent():
    assert payload() == {"text": "a &lt; b: /api/c/1/ Stopped"}


def test_blocks_and_channel_are_sent_beside_the_text():
    sent = payload(text=text("hello"), blocks=[section("{{ state }}")], channel="#ops")

    assert sent["blocks"] == [{"type": "section", "text": {"type": "mrkdwn", "text": "Stopped"}}]
    assert (sent["text"], sent["channel"]) == ("hello", "#ops")


def test_a_long_text_is_cut_with_a_mark():
    sent = payload(text=text("x" * (TEXT_LIMIT + 1)))["text"]

    assert (len(sent), sent[-2:]) == (TEXT_LIMIT, "x…")


def test_a_text_of_just_the_limit_is_whole():
    assert payload(text=text("x" * TEXT_LIMIT)) == {"text": "x" * TEXT_LIMIT}


@pytest.mark.parametrize("room", range(5))
def test_no_escape_is_cut_in_two(room):
    start = "x" * (TEXT_LIMIT - 1 - room)

    assert payload(text=text(start + "&amp;" + "y" * 100))["text"] == start + "…"


@pytest.mark.parametrize("room", [0, 1, 5, 8])
def test_no_secret_is_cut_in_two(room):
    start = "x" * (TEXT_LIMIT - 1 - room)

    sent = payload(VAULT, text=text(start + VAULT.mark(REFERENCE) + "y" * 100))

    assert sent["text"] == start + "…"


def test_a_secret_before_the_cut_is_kept():
    sent = payload(VAULT, text=text(VAULT.mark(REFERENCE) + "y" * TEXT_LIMIT))

    assert sent["text"].startswith('s3"crety')


def test_blocks_are_cut_to_what_slack_takes():
    long = "x" * 5000
    header = {"type": "header", "text": {"type": "plain_text", "text": text(long)}}

    sent = payload(blocks=[header, section(long), *[section("more")] * 60])["blocks"]

    assert len(sent) == BLOCKS_LIMIT
    assert [len(block["text"]["text"]) for block in sent[:2]] == [150, 3000]
    assert sent[-1]["elements"] == [{"type": "plain_text", "text": "… 13 more"}]


def test_blocks_that_are_no_list_cannot_be_rendered():
    with pytest.raises(RenderFailed):
        payload(blocks={"type": "section"})


def test_an_attempt_goes_to_the_secret_address():
    sent = SLACK.build(a_delivery(type="slack"), a_destination(type="slack"), VAULT, NOON)

    assert sent.url == "http://127.0.0.1:9/hook"


@pytest.mark.parametrize(
    ("status", "body", "verdict", "detail"),
    [
        (200, b"ok", Verdict.SUCCEEDED, "200 OK"),
        (404, b"no_service", Verdict.BURY, "404 Not Found: no_service"),
        (500, b"rollup_error", Verdict.RETRY, "500 Internal Server Error: rollup_error"),
        (404, b"<html>s3cret/path</html>", Verdict.BURY, "404 Not Found"),
    ],
)
def test_slack_names_its_errors_in_a_word(status, body, verdict, detail):
    outcome = SLACK.judge(Response(status=status, body=body))

    assert (outcome.verdict, outcome.detail) == (verdict, detail)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        ("ratelimited", Verdict.RETRY),
        ("internal_error", Verdict.RETRY),
        ("invalid_blocks", Verdict.BURY),
        ("token_revoked", Verdict.BURY),
        ("something_new", Verdict.BURY),
    ],
)
def test_an_error_within_a_200_is_one(error, verdict):
    body = json.dumps({"ok": False, "error": error}).encode()

    outcome = SLACK.judge(Response(status=200, body=body, retry_after=timedelta(seconds=30)))

    assert (outcome.verdict, outcome.detail, outcome.status) == (verdict, f"200 OK: {error}", 200)
    assert outcome.retry_after == (timedelta(seconds=30) if verdict is Verdict.RETRY else None)


@pytest.mark.parametrize(
    ("status", "body", "is_refusal"),
    [
        (404, b"no_service", True),
        (403, b"", True),
        (410, b"channel_is_archived", True),
        (400, b"channel_not_found", True),
        (200, b'{"ok": false, "error": "account_inactive"}', True),
        (200, b'{"ok": false, "error": "msg_too_long"}', False),
        (400, b"invalid_payload", False),
        (429, b"", False),
        (500, b"rollup_error", False),
    ],
)
def test_what_every_message_would_get_is_a_refusal_of_the_destination(status, body, is_refusal):
    assert SLACK.judge(Response(status=status, body=body)).is_refusal is is_refusal


@pytest.mark.parametrize(
    "body", [b'{"ok": true, "ts": "1"}', b"ok", b"", b"{", b'{"ok": null}', b"<html>", b"\xff"]
)
def test_any_other_200_is_a_success(body):
    assert SLACK.judge(Response(status=200, body=body)).verdict is Verdict.SUCCEEDED


def test_an_error_that_could_quote_us_is_not_repeated():
    body = json.dumps({"ok": False, "error": "s3cret/path"}).encode()

    assert SLACK.judge(Response(status=200, body=body)).detail == "200 OK: an error without a name"


BOT = a_destination(type="slack", token=Secret("xoxb-1"), channel="#ops")


def test_a_bot_posts_with_its_token_to_its_channel():
    request = SLACK.render(an_action(parameters={"text": text("{{ who }}")}), NAMES, NO_SECRETS)

    sent = SLACK.build(a_delivery(request=request), BOT, NO_SECRETS, NOON)

    assert sent.headers["authorization"] == "Bearer xoxb-1"
    assert json.loads(sent.body) == {"channel": "#ops", "text": "&lt;!here&gt;"}


def test_the_channel_of_the_action_wins():
    action = an_action(parameters={"text": text("x"), "channel": "#db"})
    request = SLACK.render(action, NAMES, NO_SECRETS)

    sent = SLACK.build(a_delivery(request=request), BOT, NO_SECRETS, NOON)

    assert json.loads(sent.body) == {"channel": "#db", "text": "x"}


def test_it_refers_to_what_its_text_names_and_without_one_to_nothing():
    named = set(SLACK.references(an_action(parameters={"text": text("{{ stack.name }}")})))
    summed = set(SLACK.references(an_action()))

    assert named == {Reference("stack", "name")}
    assert summed == set()


def test_it_refers_to_what_its_blocks_name():
    action = an_action(parameters={"text": text("x"), "blocks": [section("{{ node.name }}")]})

    assert list(SLACK.references(action)) == [Reference("node", "name")]
