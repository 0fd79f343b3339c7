"""Of each match explain says what became of it, at which gate, and by which numbers."""

import fnmatch
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from reactor.cli.accounts import (
    BECAME,
    Account,
    account_fields,
    account_lines,
    without_account,
)
from reactor.model.delivery import Attempt, State
from reactor.model.match import STORED_REASONS, Evaluation, Reason
from reactor.model.request import Timings
from reactor.model.signal import CallBegan
from reactor.model.uri import object_uri, stable_uuid
from tests.builders import NOON, a_delivery, a_rule, an_action
from tests.cli.conftest import Cli
from tests.cli.past import MINUTE, Past

LOG = "actions: [{log: info, text: x}]"
SERVICE = object_uri("service", stable_uuid("web"))


@dataclass(frozen=True, slots=True)
class Fixture:
    """A rule with these keys, what happened, of which event is asked, and lines that tell it."""

    keys: str
    happens: Callable[[Past], object]
    event: str
    says: tuple[str, ...]


def twice(past: Past) -> None:
    past.see().see()


def five_calls(past: Past) -> None:
    """Each crash leads to a call, and each call to the next crash."""
    for _ in range(5):
        past.see(resource_uri=SERVICE)
        for delivery in past.road.committed[-1].deliveries:
            past.hear(CallBegan(delivery.id, delivery.source, SERVICE))


FIXTURES = {
    Reason.FIRED: Fixture(
        f"after: 2 within 10m\n    {LOG}",
        twice,
        "line-2",
        (
            "action     log: fired at 10:21:30, every gate let it pass",
            "  passed   after: 2 of 2 within 10m, window ends 10:30:30 (of the rule)",
            "delivery   * to log: running, 1 attempt",
        ),
    ),
    Reason.THROTTLED: Fixture(
        "actions: [{log: info, text: x, throttle: 1 per 5m}]",
        twice,
        "line-2",
        (
            "action     log: throttled at 10:21:30, as many as may had passed",
            "  held     throttle: 1 of 1 per 5m passed, next free at 10:25:30",
        ),
    ),
    Reason.BELOW_COUNT: Fixture(
        f"group_by: key\n    after: 3 within 10m\n    {LOG}",
        twice,
        "line-2",
        (
            "action     log for a: below_count at 10:21:30, too few matches within the window",
            "  held     after: 2 of 3 within 10m, window ends 10:30:30 (of the rule)",
        ),
    ),
    Reason.WAITING: Fixture(
        f"for: 2m\n    {LOG}",
        lambda past: past.see(),
        "line-1",
        (
            "action     log: waiting since 10:20:30 until 10:22:30, a gate keeps it for later",
            "  kept     for: 2m from 10:20:30, due 10:22:30 (of the rule)",
        ),
    ),
    Reason.OUTSIDE_TIME: Fixture(
        f"during: nights\n    {LOG}",
        lambda past: past.see(),
        "line-1",
        (
            "action     log: outside_time at 10:20:30, it is not its time",
            "  held     during: nights, opens 22:00:00 (of the rule)",
        ),
    ),
    Reason.SILENCED: Fixture(
        LOG,
        lambda past: past.silence("key=a").see(),
        "line-1",
        (
            "action     log: silenced at 10:20:30, a silence holds",
            "  held     silence: s1, deploy night",
            "silence    s1 by anna until 2031-05-06T11:20:30.000000Z, key=a: deploy night",
        ),
    ),
    Reason.INCIDENT: Fixture(
        "resolve: {match: {state: Running}}\n"
        "    actions: [{log: info, text: x, when: [opened, resolved]}]",
        twice,
        "line-2",
        (
            "action     log: incident at 10:21:30, it belongs to an incident that was told of",
            "  held     when: opened, resolved, but it is repeated",
            "incident   *: repeated, 2 firings since 2031-05-06T10:20:30.000000Z",
        ),
    ),
    Reason.IF_FALSE: Fixture(
        "actions: [{log: info, text: x, if: {n: 7}}]",
        lambda past: past.see(),
        "line-1",
        (
            "action     log: if_false at 10:20:30, its 'if' is not true",
            "  false    if",
            "  false      n: 7  is 1",
        ),
    ),
    Reason.MODE: Fixture(
        f"mode: single\n    {LOG}",
        twice,
        "line-2",
        (
            "action     log: mode at 10:21:30, a firing of this key is under way",
            "  held     mode: single, 1 under way (of the rule)",
        ),
    ),
    Reason.SHADOW: Fixture(
        f"shadow: true\n    {LOG}",
        lambda past: past.see(),
        "line-1",
        (
            "action     log: shadow at 10:20:30, it is a shadow: nothing is sent",
            "  held     shadow: true (of the rule)",
        ),
    ),
    Reason.LOOP_GUARD: Fixture(
        "actions: [{redeploy: self}]",
        five_calls,
        "line-5",
        (
            "action     redeploy: loop_guard at 10:24:30, the rule goes round in a circle",
            "  held     loop_guard: caused by delivery *, depth 4 of at most 3, 4 calls",
        ),
    ),
    Reason.ENDED: Fixture(
        f"for: 2m\n    {LOG}",
        lambda past: past.see().see(state="Running"),
        "line-1",
        (
            "action     log: ended at 10:21:30, kept since 10:20:30, it did not last",
            "  kept     for: 2m from 10:20:30, due 10:22:30 (of the rule)",
        ),
    ),
    Reason.MERGED: Fixture(
        f"not_then: {{match: {{state: Running}}, within: 5m}}\n    {LOG}",
        twice,
        "line-2",
        (
            "action     log: merged at 10:21:30, one is kept for this key already",
            "  held     not_then: within 5m, until 10:25:30",
        ),
    ),
    Reason.EXPIRED: Fixture(
        f"then: {{match: {{state: Running}}, within: 5m}}\n    {LOG}",
        lambda past: past.see().wait(6 * MINUTE),
        "line-1",
        (
            "action     log: expired at 10:25:30, kept since *, the other event did not come",
            "  kept     then: within 5m, until 10:25:30",
        ),
    ),
}


def past_of(folder: Path, fixture: Fixture) -> Past:
    """What happens under a rule with the keys of the fixture."""
    past = Past(
        folder,
        'time_intervals: {nights: {from: "22:00", to: "06:00"}}\n'
        f"rules:\n  - name: crash\n    match: {{state: Stopped}}\n    {fixture.keys}\n",
    )
    fixture.happens(past)
    return past


def test_there_is_a_fixture_for_every_reason_that_is_stored():
    assert set(FIXTURES) == set(STORED_REASONS) == set(BECAME)


@pytest.mark.parametrize("reason", FIXTURES)
def test_the_reason_the_gate_and_its_numbers_are_told(cli: Cli, tmp_path: Path, reason: Reason):
    fixture = FIXTURES[reason]

    with closing(past_of(tmp_path, fixture)):
        ran = cli("explain", fixture.event, "--data-dir", str(tmp_path))

    assert ran.code == 0
    assert "match      crash" in ran.lines
    assert [said for said in fixture.says if not fnmatch.filter(ran.lines, said)] == []


@pytest.mark.parametrize("reason", FIXTURES)
def test_json_has_the_reason_and_the_numbers(cli: Cli, tmp_path: Path, reason: Reason):
    fixture = FIXTURES[reason]

    with closing(past_of(tmp_path, fixture)):
        [found] = cli("explain", fixture.event, "--data-dir", str(tmp_path), "--json").objects

    [row] = found["evaluations"]
    assert row["reason"] == reason
    assert fixture.says[0].endswith(str(row["why"]))
    assert row["gates"] or row["if"] or found["incidents"] or reason is Reason.SHADOW
    assert len(found["silences"]) == (reason is Reason.SILENCED)
    assert len(found["deliveries"]) == (reason is Reason.FIRED)


def test_what_went_on_after_it_was_kept_has_all_its_gates_in_order(cli: Cli, tmp_path: Path):
    keys = f"for: 2m\n    throttle: 1 per 1h\n    {LOG}"
    kept = Fixture(keys, lambda past: past.see().wait(2 * MINUTE), "line-1", ())

    with closing(past_of(tmp_path, kept)):
        ran = cli("explain", "line-1", "--data-dir", str(tmp_path))

    assert ran.lines[5:9] == [
        "action     log: fired at 10:22:30, kept since 10:20:30, every gate let it pass",
        "  kept     for: 2m from 10:20:30, due 10:22:30 (of the rule)",
        "  passed   for: went on at 10:22:30 (of the rule)",
        "  passed   throttle: 1 of 1 per 1h passed, next free at 11:22:30 (of the rule)",
    ]


def an_attempt(number: int, verdict: str, status: int | None, detail: str) -> Attempt:
    """One that began so many minutes after NOON, and took 12 ms."""
    began = NOON + number * MINUTE
    points = {"dns": 1, "connect": 2, "tls": 3, "first_byte": 10, "total": 12}
    spans = {name: timedelta(milliseconds=each) for name, each in points.items()}
    return Attempt(
        delivery_id="d-1",
        number=number,
        started_at=began,
        ended_at=began + spans["total"],
        verdict=verdict,
        status=status,
        detail=detail,
        timings=Timings(**spans) if status else None,
    )


SENT = Account(
    row=Evaluation(
        event_id="e-1",
        source="local",
        rule="crash",
        action="webhook",
        reason=Reason.FIRED,
        at=NOON,
        key="[]",
        delivery_id="d-1",
    ),
    delivery=a_delivery(id="d-1", state=State.SUCCEEDED, attempts=2),
    attempts=(
        an_attempt(1, "retry", None, "connection refused"),
        an_attempt(2, "succeeded", 200, "200 OK"),
    ),
)


def test_a_delivery_has_its_state_and_each_of_its_attempts():
    reached = " (connected 2.0 ms, first byte 10.0 ms)"

    assert list(account_lines(SENT))[1:] == [
        "delivery   d-1 to ops: succeeded, 2 attempts",
        "  1        2031-05-06T10:21:30.000000Z: retry, connection refused, in 12.0 ms",
        f"  2        2031-05-06T10:22:30.000000Z: succeeded, 200 OK, in 12.0 ms{reached}",
    ]


def test_json_has_each_attempt_with_its_timings():
    first, second = account_fields([SENT], [])["attempts"]

    assert (first["delivery_id"], first["verdict"], first["timings_ms"]) == ("d-1", "retry", None)
    assert (second["number"], second["status"]) == (2, 200)
    assert second["timings_ms"]["first_byte"] == 10.0


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (a_rule(absent=timedelta(hours=26)), "nothing fires: from here on it may stay away for"),
        (a_rule(actions=(an_action(enabled=False),)), "nothing fires: every action is switched"),
        (a_rule(), "the journal has no evaluation of it"),
    ],
)
def test_a_match_of_which_nothing_is_kept_says_why(rule, said):
    assert without_account(rule).startswith(said)
