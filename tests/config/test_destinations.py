"""What must fit together in a destination, and between destinations."""

import pytest

from reactor.config.destinations import SLACK_API
from reactor.model.secret import Secret
from tests.config.loading import load_text, mistakes


def load(tmp_path, text):
    return load_text(tmp_path, f"destinations:\n  {text}\nrules: []\n").ruleset.destinations


def test_a_bot_needs_a_token_and_a_channel_and_no_url(tmp_path):
    found = load(tmp_path, "ops: {type: slack, token: xoxb-1, channel: '#ops'}")["ops"]

    assert (found.url, found.token, found.channel) == (Secret(SLACK_API), Secret("xoxb-1"), "#ops")


def test_a_bot_can_be_sent_elsewhere(tmp_path):
    text = "ops: {type: slack, token: x, channel: C1, url: 'http://127.0.0.1/api'}"

    assert load(tmp_path, text)["ops"].url == Secret("http://127.0.0.1/api")


def test_two_secrets_sign_and_the_queue_has_its_bounds(tmp_path):
    text = "a: {type: webhook, url: 'http://h', secret: [new, old], concurrency: 3, fallback: b}"

    found = load(tmp_path, text + "\n  b: {type: webhook, url: 'http://h', secret: one}")

    assert found["a"].secret == (Secret("new"), Secret("old"))
    assert (found["a"].concurrency, found["a"].fallback) == (3, "b")
    assert found["b"].secret == (Secret("one"),)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ops: {type: slack}", "a destination of type slack needs 'url' or 'token'"),
        ("ops: {type: slack, token: x}", "a destination with a 'token' needs 'channel'"),
        (
            "ops: {type: slack, url: 'http://h', channel: x}",
            "'channel' goes with 'token': an incoming webhook has its own",
        ),
        (
            "a: {type: webhook, url: 'http://h', secret: [whsec_-!, s3cret]}",
            "'secret' begins with whsec_, expected base64 behind it",
        ),
        (
            "a: {type: webhook, url: 'http://h', secret: []}",
            "'secret' is an empty list, expected a text or several",
        ),
        (
            "a: {type: webhook, url: 'http://h', concurrency: 0}",
            "'concurrency' is 0, expected a whole number from 1",
        ),
        (
            "ops: {type: webhook, url: 'http://h', fallback: opps}",
            "'fallback' names the destination 'opps', which does not exist (did you mean 'ops'?)",
        ),
        (
            "a: {type: webhook, url: 'http://h', fallback: a}",
            "the fallback of 'a' is 'a' itself",
        ),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, text, told):
    found = mistakes(tmp_path, f"destinations:\n  {text}\nrules: []\n")

    assert told in found
    assert "s3cret" not in found
