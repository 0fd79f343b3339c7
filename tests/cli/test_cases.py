"""Of each rule that did not match explain says why; no event is left with a bare "no match"."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from reactor.journal.database import open_writer
from reactor.model.lookup import Found
from reactor.model.match import UNSTORED_REASONS, Reason
from tests.cli.conftest import Cli, Ran
from tests.cli.past import Past
from tests.dangerous import blow_up, dangerous
from tests.roads import Cloud, a_frame

CLOUD = Cloud()
UNAVAILABLE = "503 Service Unavailable"
LOG = "actions: [{log: info, text: x}]"
CRASHED = f"match: {{state: Stopped, n: {{gt: 5}}}}\n    {LOG}"


def see(past: Past) -> None:
    past.see()


def look_up_in_vain(past: Past) -> None:
    """An event of a source whose API does not answer."""
    past.road.receive(a_frame(1, uuid="line-1", state="Stopped"))
    CLOUD.asked.pop()(Found(object=None, reason=UNAVAILABLE))
    past.road.receive(*past.road.told)


@dataclass(frozen=True, slots=True)
class Fixture:
    """A rule with these keys, what happens, and lines that say why it did not match."""

    keys: str
    says: tuple[str, ...]
    happens: Callable[[Past], object] = see


FIXTURES = {
    Reason.DISABLED: Fixture(
        f"enabled: false\n    {CRASHED}",
        (
            "no match   crash: disabled, it is switched off",
            '           would match if it were switched on and n fitted {"gt":5}',
            "  false    enabled: true       is false",
        ),
    ),
    Reason.OTHER_SOURCE: Fixture(
        f"source: elsewhere\n    {CRASHED}",
        (
            "no match   crash: other_source, it listens to other sources",
            '           would match if the event came from elsewhere and n fitted {"gt":5}',
            '  false    source: "elsewhere"  is "local"',
        ),
    ),
    Reason.CONDITION_FALSE: Fixture(
        CRASHED,
        (
            "no match   crash: condition_false, its condition is false",
            '           would match if n fitted {"gt":5}',
            '  false      n: {"gt":5}       is 1',
        ),
    ),
    Reason.FIELD_MISSING: Fixture(
        f"match: {{state: Stopped, code: 137}}\n    {LOG}",
        (
            "no match   crash: field_missing, a field that it asks for is not in the event",
            "           would match if code were 137",
            "  unknown    code: 137         the field is missing",
        ),
    ),
    Reason.LOOKUP_FAILED: Fixture(
        f"match: {{state: Stopped, container.name: web}}\n    {LOG}",
        (
            "no match   crash: lookup_failed, a fact that it asks for is not known",
            '           would match if container.name were "web"',
            f'  unknown    container.name: "web"  container could not be looked up: {UNAVAILABLE}',
        ),
        look_up_in_vain,
    ),
    Reason.CONDITION_ERROR: Fixture(
        "match: {state: Stopped}\n    actions: [{dangerous: info, text: x}]",
        (
            "quarantine rule 'crash': ValueError: this event is poison; no rule has decided it",
            "no match   crash: condition_error, its condition cannot be evaluated",
        ),
        lambda past: past.see(deed="blow_up"),
    ),
}


def past_of(folder: Path, fixture: Fixture) -> Past:
    """What happens under a rule with the keys of the fixture."""
    past = Past(
        folder,
        "sources: {elsewhere: {type: docker}, local: {type: docker}}\n"
        f"rules:\n  - name: crash\n    {fixture.keys}\n",
        lookups={"cloud": CLOUD},
        actions=dangerous({"blow_up": blow_up}),
    )
    fixture.happens(past)
    return past


def test_there_is_a_fixture_for_every_reason_that_is_not_stored():
    assert set(FIXTURES) == UNSTORED_REASONS


@pytest.mark.parametrize("reason", FIXTURES)
def test_the_reason_and_what_would_have_to_be_otherwise_are_told(
    cli: Cli, tmp_path: Path, reason: Reason
):
    fixture = FIXTURES[reason]

    with closing(past_of(tmp_path, fixture)):
        ran = cli("explain", "line-1", "--data-dir", str(tmp_path))

    assert ran.code == 0
    assert [said for said in fixture.says if said not in ran.lines] == []


@pytest.mark.parametrize("reason", FIXTURES)
def test_json_has_the_reason(cli: Cli, tmp_path: Path, reason: Reason):
    with closing(past_of(tmp_path, FIXTURES[reason])):
        *_, found = cli("explain", "line-1", "--data-dir", str(tmp_path), "--json").objects

    assert (found["reason"], found["evaluations"]) == (reason, [])
    assert found["blockers"] or reason is Reason.CONDITION_ERROR


CHANGED = (
    "rules: [{name: gone, match: {state: {from: Running, to: Stopped}}, actions: [{log: info}]}]"
)


def asked_of(cli: Cli, folder: Path, event: str) -> Ran:
    return cli("explain", event, "--data-dir", str(folder))


def test_what_a_field_was_before_is_read_from_the_events_before(cli: Cli, tmp_path: Path):
    with closing(Past(tmp_path, CHANGED)) as past:
        past.see().see(state="Running").see()
        first, third = asked_of(cli, tmp_path, "line-1"), asked_of(cli, tmp_path, "line-3")

    assert (
        "no match   gone: field_missing, a field that it asks for is not in the event" in first.out
    )
    assert 'is {"to":"Stopped"}, what it was before is not known' in first.out
    assert "match      gone" in third.lines
    assert 'is {"from":"Running","to":"Stopped"}' in third.out
    assert "action     log: fired" in third.out


def test_what_the_journal_has_of_an_event_is_not_open_to_question(cli: Cli, tmp_path: Path):
    with closing(Past(tmp_path, CHANGED)) as past:
        past.see(state="Running").see()
    with closing(open_writer(tmp_path)) as db:
        db.execute("delete from events where id = 'line-1'")  # as retention does

    assert "match      gone" in asked_of(cli, tmp_path, "line-2").lines


def test_an_event_that_ends_an_incident_says_which_one(cli: Cli, tmp_path: Path):
    keys = "name: down, match: {state: Stopped}, resolve: {match: {state: Running}}"
    rules = f"rules: [{{{keys}, {LOG}}}]"
    with closing(Past(tmp_path, rules)) as past:
        past.see().see().see(state="Running")
        ran = asked_of(cli, tmp_path, "line-3")

    assert ran.lines[-1].startswith("incident   ")
    assert ran.lines[-1].endswith(": resolved, 2 firings since 2031-05-06T10:20:30.000000Z")
