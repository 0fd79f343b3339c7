"""`reactor deliveries` lists them, sends them again, takes them back."""

import signal

import pytest

from tests.cli.conftest import RULES, Cli
from tests.cli.program import Program
from tests.endpoint import listening
from tests.service import eventually


def rows(cli: Cli, *options: str) -> list[dict[str, object]]:
    ran = cli("deliveries", "--data-dir", "data", "--json", *options)
    assert (ran.code, ran.err) == (0, "")
    return ran.objects


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["e-0", "e-0", "e-1", "e-5", "e-5", "e-6"]),
        (("--rule", "web crashed"), ["e-0", "e-5"]),
        (("--destination", "ops"), ["e-0", "e-5"]),
        (("--destination", "nobody"), []),
        (("--state", "dead"), []),
        (("--state", "dead", "--state", "pending", "--limit", "1"), ["e-6"]),
        (("--rule", "any crash", "--limit", "3"), ["e-1", "e-5", "e-6"]),
        (("--since", "2030-01-01T00:05:00Z"), ["e-5", "e-5", "e-6"]),
        (("--until", "2030-01-01T00:05:00Z"), ["e-0", "e-0", "e-1"]),
        (("--until", "1h", "--since", "2030-01-01T00:06:00Z"), []),  # an hour ago was before 2030
    ],
)
def test_filters_narrow_the_list_and_it_stays_oldest_first(cli, journal, options, found):
    assert [row["event_id"] for row in rows(cli, *options)] == found


def test_a_delivery_in_json_has_the_fields_of_the_contract(cli, journal):
    first = rows(cli, "--destination", "ops")[0]

    assert isinstance(first.pop("id"), str)
    assert first == {
        "kind": "delivery",
        "event_id": "e-0",
        "source": "local",
        "rule": "web crashed",
        "action": "webhook",
        "type": "webhook",
        "state": "pending",
        "reason": None,
        "destination": "ops",
        "attempts": 0,
        "due_at": "2030-01-01T00:00:00.000000Z",
        "created_at": "2030-01-01T00:00:00.000000Z",
        "request": {
            "method": "POST",
            "url": "http://127.0.0.1:9/…",
            "headers": {"content-type": "application/json"},
            "body": '{"text":"web exited with 7"}',
        },
    }


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_no_output_holds_a_path_of_a_url_or_a_secret(cli, journal, options):
    out = cli("deliveries", "--data-dir", "data", *options).out

    assert "http://127.0.0.1:9/…" in out
    assert not any(text in out for text in ("secret", "whsec", "inline-path"))


def test_a_delivery_to_an_inline_url_has_no_destination(cli, journal):
    assert {row["destination"] for row in rows(cli, "--rule", "any crash")} == {None}


def test_a_line_for_people_says_where_it_stands(cli, journal):
    line = cli("deliveries", "--data-dir", "data", "--rule", "web crashed").lines[0]

    identity = str(rows(cli, "--rule", "web crashed")[0]["id"])
    assert line == (
        f"2030-01-01T00:00:00.000000Z  {identity}  pending  "
        "web crashed → webhook to ops, 0 attempts"
    )


@pytest.mark.parametrize("place", ["before", "after"])
def test_what_was_cancelled_can_be_redelivered(cli, journal, place):
    identity = str(rows(cli)[0]["id"])
    where = ("--data-dir", "data")

    for verb, done, state in [
        ("cancel", "cancelled", "cancelled"),
        ("redeliver", "redelivered", "pending"),
    ]:
        words = (*where, verb, identity) if place == "before" else (verb, identity, *where)
        ran = cli("deliveries", *words)
        assert (ran.code, ran.out) == (0, f"{identity}: {done}\n")
        assert rows(cli)[0]["state"] == state


def test_what_cannot_be_changed_is_said_and_the_rest_is_done(cli, journal):
    first, second = (str(row["id"]) for row in rows(cli, "--limit", "2"))
    cli("deliveries", "--data-dir", "data", "cancel", first)

    ran = cli("deliveries", "--data-dir", "data", "cancel", first, "nope", second)

    assert ran.code == 1
    assert ran.lines == [
        f"{first}: it is cancelled; only pending or retrying can be cancelled",
        "nope: there is no such delivery",
        f"{second}: cancelled",
    ]
    assert ran.err == "2 of 3 could not be changed\n"


@pytest.mark.parametrize(
    "words",
    [
        ("cancel",),
        ("resend", "x"),
        ("--state", "lost"),
        ("--since", "yesterday"),
        ("show",),
        ("redeliver",),
        ("redeliver", "--dead"),  # of all time: who wants that says so
        ("redeliver", "--since", "1h"),
        ("redeliver", "--dead", "--since", "1h", "an-id"),
        ("cancel", "--rule", "web crashed", "an-id"),
        ("cancel", "--yes"),
    ],
)
def test_wrong_words_are_a_usage_error(cli, words):
    assert cli("deliveries", *words).code == 2


SOURCE = "sources: {lines: {type: file, path: events.jsonl, follow: true}}\n"
STOPPED = '{"type": "container", "state": "Stopped", "uuid": "e-%d"}\n'


@pytest.fixture
def endpoint(tmp_path):
    """Where a service of two crashes sends: the second delivery waits for the rate limit."""
    with listening(tmp_path / "ledger") as endpoint:
        text = RULES.replace("secret-path", "hook").replace("http://127.0.0.1:9/hook", endpoint.url)
        text = text.replace("    secret:", "    rate_limit: 1 per 10m\n    secret:")
        text = text.replace(", service.name: web, container.exit_code: {not: 0}", "")
        text = text.replace("throttle: 1 per 5m", "throttle: 9 per 5m").split("    tests:")[0]
        (tmp_path / "rules.yaml").write_text(SOURCE + text)
        (tmp_path / "events.jsonl").write_text(STOPPED % 1 + STOPPED % 2)
        yield endpoint


def test_the_running_service_is_asked_to_cancel_and_to_redeliver(cli, tmp_path, endpoint):
    with Program(tmp_path, "run", "--data-dir", "data", "--http", "off") as service:
        service.err.hears("running")
        endpoint.wait(1)
        eventually(
            lambda: [row["state"] for row in rows(cli)] == ["succeeded", "pending"], "one was sent"
        )
        sent, waiting = (str(row["id"]) for row in rows(cli))

        cancelled = cli("deliveries", "--data-dir", "data", "cancel", waiting, sent)
        again = cli("deliveries", "--data-dir", "data", "redeliver", sent)

        assert (cancelled.code, again.code) == (1, 0)
        assert f"{waiting}: cancelled" in cancelled.lines
        assert [row["state"] for row in rows(cli)] == ["pending", "cancelled"]
        rest = cli("deliveries", "--data-dir", "data", "cancel", "--destination", "ops", "--yes")
        assert (rest.code, rest.out) == (0, "1 delivery cancelled\n")
        service.send(signal.SIGTERM)
        assert service.ended() == 0
