"""The `slack` action: what is stored, cut to Slack's limits, and how Slack's words are told."""

import json

import pytest

from reactor.actions import ACTIONS
from reactor.actions.slack import BLOCKS_LIMIT, TEXT_LIMIT
from reactor.engine.outgoing import joined
from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from reactor.model.request import Response, Verdict
from reactor.model.secret import Vault
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


def test_it_refers_to_what_its_text_names_and_without_one_to_nothing():
    named = set(SLACK.references(an_action(parameters={"text": text("{{ stack.name }}")})))
    summed = set(SLACK.references(an_action()))

    assert named == {Reference("stack", "name")}
    assert summed == set()


def test_it_refers_to_what_its_blocks_name():
    action = an_action(parameters={"text": text("x"), "blocks": [section("{{ node.name }}")]})

    assert list(SLACK.references(action)) == [Reference("node", "name")]
