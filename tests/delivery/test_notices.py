"""What people and the fallback are told of a pause."""

import json
from datetime import timedelta

import pytest

from reactor.actions import ACTIONS
from reactor.delivery.notices import MOST_WAITING, Kind, Notice, delivery, sentence
from reactor.engine.outgoing import joined
from reactor.model.delivery import State
from reactor.model.journal import Pause
from reactor.model.secret import Secret
from tests.builders import NO_SECRETS, NOON, a_destination

PAUSE = Pause(since=NOON, why="503 Busy", failures=9, probes=4, probe_at=NOON)
AT = "2031-05-06T10:20:30.000000Z"
LATER = NOON + timedelta(hours=3, milliseconds=4)


def a_notice(kind=Kind.PAUSED, waiting=12):
    return Notice(kind=kind, lane="ops", pause=PAUSE, at=LATER, waiting=waiting)


def promise(type_="webhook", **changes):
    fallback = a_destination(name="pager", type=type_, url=Secret("http://h/s3cret"))
    return delivery(a_notice(**changes), fallback, ACTIONS[type_], NO_SECRETS)


def body(promised):
    return json.loads(joined(promised.request.body, NO_SECRETS))


@pytest.mark.parametrize(
    ("kind", "waiting", "words"),
    [
        (
            Kind.PAUSED,
            1234,
            f"destination 'ops' is paused: 503 Busy; failing since {AT}; waiting: 1,234",
        ),
        (Kind.RESUMED, 12, "destination 'ops' takes deliveries again after 3h; waiting: 12"),
        (
            Kind.RESUMED,
            MOST_WAITING,
            "destination 'ops' takes deliveries again after 3h; waiting: more than 100,000",
        ),
    ],
)
def test_a_sentence_says_what_how_long_and_how_many(kind, waiting, words):
    assert sentence(a_notice(kind, waiting)) == words


def test_a_webhook_gets_it_as_fields():
    promised = promise()

    assert body(promised) == {
        "id": promised.id,
        "type": "reactor.paused",
        "timestamp": "2031-05-06T13:20:30.004000Z",
        "destination": "ops",
        "since": AT,
        "why": "503 Busy",
        "waiting": 12,
    }


def test_slack_gets_it_as_a_sentence():
    assert body(promise("slack", kind=Kind.RESUMED)) == {
        "text": "(reactor): destination 'ops' takes deliveries again after 3h; waiting: 12"
    }


def test_it_is_a_delivery_like_any_other_and_shows_no_secret():
    promised = promise()

    assert (promised.state, promised.due_at, promised.lane) == (State.PENDING, LATER, "pager")
    assert promised.request.shown_url == "http://h/…"
    assert "s3cret" not in repr(promised)


def test_the_begin_and_the_end_of_a_pause_are_two_deliveries():
    assert promise().id == promise().id != promise(kind=Kind.RESUMED).id
