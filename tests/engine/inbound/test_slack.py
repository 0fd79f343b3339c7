"""What only Slack does; its documented requests are in test_presets.py."""

import json
from urllib.parse import urlencode

import pytest

from reactor.engine.inbound import Challenge, Inbound, read
from tests.engine.inbound.vectors import NOW

FORM = ("content-type", "application/x-www-form-urlencoded")


def sent(body: bytes, stamp: str = "1893499200"):
    headers = (FORM, ("x-slack-request-timestamp", stamp))
    return read("slack", Inbound(headers=headers, body=body), NOW)


def button(action: object):
    payload = {"type": "block_actions", "channel": {"id": "C1", "name": "ops"}, "actions": action}
    return sent(urlencode({"payload": json.dumps(payload)}).encode())[0]


def test_a_new_url_for_events_is_asked_about_and_that_is_no_event():
    body = b'{"token": "t", "challenge": "3eZbrw1aBm2r", "type": "url_verification"}'
    request = Inbound(headers=(("content-type", "application/json"),), body=body)

    assert read("slack", request, NOW) == Challenge("3eZbrw1aBm2r")


def test_a_slash_command_is_an_event_of_its_fields():
    (event,) = sent(b"command=%2Fdeploy&text=web+v2&channel_id=C1")

    assert json.loads(event.raw) == {"command": "/deploy", "text": "web v2", "channel_id": "C1"}
    assert event.facts == {"type": "slash_command", "command": "/deploy", "text": "web v2"}


def test_a_payload_is_told_byte_for_byte():
    (event,) = sent(b"payload=%7B%22type%22%20%3A1%7D")

    assert event.raw == b'{"type" :1}'


@pytest.mark.parametrize(
    ("actions", "facts"),
    [
        ([{"action_id": "restart", "value": "web"}], {"action": "restart", "value": "web"}),
        ([{"action_id": "pick", "selected_option": {"value": "db"}}], {"value": "db"}),
        ([], {}),
        ([7], {}),
        ("all", {}),
    ],
)
def test_what_was_pressed_is_told(actions, facts):
    assert facts.items() <= button(actions).facts.items()


def test_a_channel_is_the_subject():
    assert button([]).subject == "C1"


def test_the_same_command_at_another_second_is_another_event():
    body = b"command=%2Fdeploy"

    assert sent(body)[0].id == sent(body)[0].id
    assert sent(body)[0].id != sent(body, "1893499201")[0].id


@pytest.mark.parametrize("body", [b"a=1&a=2", b"payload=", b"text=%00"])
def test_a_form_that_holds_no_event_is_refused(body):
    assert sent(body).status == 400
