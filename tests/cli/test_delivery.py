"""`reactor deliveries show ID`: one delivery with all its attempts."""

from contextlib import closing
from datetime import timedelta

import pytest

from reactor.journal.database import open_writer
from reactor.journal.deliveries import list_deliveries
from reactor.journal.moves import Claim, Finish
from reactor.model.delivery import Attempt, Move
from reactor.model.journal import Finished, Selection
from reactor.model.request import Timings
from tests.builders import NOON

TIMINGS = Timings(  # an address, so there was nothing to resolve
    dns=timedelta(),
    connect=timedelta(milliseconds=0.4),
    tls=timedelta(),
    first_byte=timedelta(milliseconds=11),
    total=timedelta(milliseconds=12),
)

SHOW = ("deliveries", "--data-dir", "data", "show")


@pytest.fixture
def tried(journal):
    """A delivery whose first attempt got a 503; its id."""
    with closing(open_writer(journal)) as db:
        delivery = next(list_deliveries(db, Selection(destination="ops")))
        Claim(ids=(delivery.id,), at=NOON).apply(db)
        attempt = Attempt(
            delivery_id=delivery.id,
            number=1,
            started_at=NOON,
            ended_at=NOON + timedelta(milliseconds=12.5),
            verdict="retry",
            status=503,
            detail="503 Service Unavailable",
            timings=TIMINGS,
            request="POST http://127.0.0.1:9/…\nwebhook-id: 7",
            response="try later",
        )
        finished = Finished(attempt=attempt, move=Move.RETRY, due_at=NOON + timedelta(seconds=2))
        Finish(results=(finished,)).apply(db)
    return delivery.id


def test_it_is_shown_whole(cli, tried):
    ran = cli(*SHOW, tried)

    assert ran.code == 0
    assert ran.lines == [
        f"delivery  {tried}",
        "state     retrying",
        "rule      web crashed → webhook",
        "event     e-0 of local",
        "to        ops POST http://127.0.0.1:9/…",
        "promised  2030-01-01T00:00:00.000000Z",
        "due       2031-05-06T10:20:32.000000Z",
        "header    content-type: application/json",
        'body      {"text":"web exited with 7"}',
        "",
        "attempt 1, 2031-05-06T10:20:30.000000Z: 503 Service Unavailable",
        "  verdict retry",
        "  took    12.5 ms",
        "  reached connected 0.4 ms, first byte 11.0 ms, end 12.0 ms",
        "  sent    POST http://127.0.0.1:9/…",
        "          webhook-id: 7",
        "  answer  try later",
    ]


def test_in_json_it_is_a_line_and_one_for_each_attempt(cli, tried):
    first, second = cli(*SHOW, tried, "--json").objects

    assert (first["kind"], first["id"], first["state"]) == ("delivery", tried, "retrying")
    assert (second["kind"], second["delivery_id"], second["number"]) == ("attempt", tried, 1)
    assert second["request"] == "POST http://127.0.0.1:9/…\nwebhook-id: 7"
    assert second["response"] == "try later"
    assert second["timings_ms"] == {
        "dns": 0,
        "connect": 0.4,
        "tls": 0,
        "first_byte": 11,
        "total": 12,
    }


def test_what_is_not_there_is_said(cli, journal):
    ran = cli(*SHOW, "nope")

    assert ran.code == 1
    assert (
        ran.err == "reactor: there is no delivery 'nope' in data; `reactor deliveries` lists them\n"
    )
