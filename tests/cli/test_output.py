"""Data to stdout, talk to stderr, and nothing in either that a terminal would obey."""

from datetime import timedelta

import pytest

from reactor.cli.output import (
    attempt_fields,
    data,
    delivery_fields,
    delivery_text,
    evaluation_fields,
    evaluation_text,
    group_text,
    json_line,
    talk,
)
from reactor.model.delivery import Attempt, State
from reactor.model.match import Evaluation, Reason
from reactor.model.request import StoredRequest
from reactor.model.secret import Joint, SecretRef
from tests.builders import NOON, a_delivery

REFERENCE = SecretRef("${file:/run/token}", Joint.PLAIN)


def an_evaluation(**changes):
    fields = {
        "event_id": "e-1",
        "source": "local",
        "rule": "crash",
        "action": "slack",
        "reason": Reason.FIRED,
        "at": NOON,
        "key": "[]",
    }
    return Evaluation(**(fields | changes))


def test_data_and_talk_go_their_own_ways_with_controls_made_visible(capsys):
    data("a\x1b[2Jb")
    talk("one\ntwo")

    said = capsys.readouterr()
    assert (said.out, said.err) == ("a\\x1b[2Jb\n", "one\\ntwo\n")


def test_a_json_line_is_compact_and_has_no_line_break_in_it():
    assert json_line({"a": "x\ny", "b": None, "c": "é"}) == '{"a":"x\\ny","b":null,"c":"é"}'


@pytest.mark.parametrize(
    ("key", "group", "text"),
    [
        ("[]", None, ""),
        ('["web"]', "web", "web"),
        ("[null]", None, "null"),
        ("[7]", 7, "7"),
        ('["web",{"a":1}]', ["web", {"a": 1}], 'web, {"a":1}'),
    ],
)
def test_a_group_is_one_value_or_a_list(key, group, text):
    assert evaluation_fields(an_evaluation(key=key))["group"] == group
    assert group_text(key) == text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "crash → slack: fired  event e-1"),
        ({"key": '["web"]'}, "crash → slack: fired  for web  event e-1"),
        ({"reason": Reason.IF_FALSE}, "crash → slack: held back (if_false)  event e-1"),
        ({"event_id": "", "source": ""}, "crash → slack: fired  no event"),
    ],
)
def test_an_evaluation_for_people(changes, text):
    assert evaluation_text(an_evaluation(**changes)) == f"2031-05-06T10:20:30.000000Z  {text}"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "pending  every event → webhook to ops, 0 attempts"),
        (
            {"state": State.DEAD, "reason": "404 Not Found", "attempts": 1},
            "dead (404 Not Found)  every event → webhook to ops, 1 attempt",
        ),
        (
            {
                "destination": None,
                "request": StoredRequest(method="POST", shown_url="https://a.example/…"),
            },
            "pending  every event → webhook to https://a.example/…, 0 attempts",
        ),
        ({"destination": None, "type": "log"}, "pending  every event → webhook to log, 0 attempts"),
    ],
)
def test_a_delivery_for_people(changes, text):
    found = delivery_text(a_delivery(**changes))

    assert found == f"2031-05-06T10:20:30.000000Z  delivery-1  {text}"


def test_what_was_settled_is_told_at_its_time_and_since_when_it_waited():
    row = an_evaluation(reason=Reason.ENDED, settled_at=NOON + timedelta(minutes=2))

    assert evaluation_text(row) == (
        "2031-05-06T10:22:30.000000Z  crash → slack: held back (ended), "
        "waited since 2031-05-06T10:20:30.000000Z  event e-1"
    )
    fields = evaluation_fields(row)
    assert (fields["at"], fields["settled_at"]) == (
        "2031-05-06T10:20:30.000000Z",
        "2031-05-06T10:22:30.000000Z",
    )


def test_what_a_timer_fired_has_no_event():
    fields = evaluation_fields(an_evaluation(event_id="", source=""))

    assert (fields["event_id"], fields["source"], fields["settled_at"]) == (None, None, None)


def test_secrets_in_bodies_and_headers_are_masked():
    request = StoredRequest(
        method="POST",
        url=("https://a.example/hook/", REFERENCE),
        shown_url="https://a.example/…",
        headers={"authorization": ("Bearer ", REFERENCE)},
        body=('{"token":"', REFERENCE, '"}'),
    )

    assert delivery_fields(a_delivery(request=request))["request"] == {
        "method": "POST",
        "url": "https://a.example/…",
        "headers": {"authorization": "Bearer ***"},
        "body": '{"token":"***"}',
    }


def test_an_attempt_names_its_delivery_and_how_it_ended():
    attempt = Attempt(
        delivery_id="delivery-1",
        number=2,
        started_at=NOON,
        ended_at=NOON,
        verdict="retry",
        status=503,
        detail="503 Service Unavailable",
    )

    assert attempt_fields(a_delivery(), attempt) == {
        "kind": "attempt",
        "delivery_id": "delivery-1",
        "rule": "every event",
        "action": "webhook",
        "destination": "ops",
        "number": 2,
        "verdict": "retry",
        "status": 503,
        "detail": "503 Service Unavailable",
        "started_at": "2031-05-06T10:20:30.000000Z",
        "ended_at": "2031-05-06T10:20:30.000000Z",
    }
