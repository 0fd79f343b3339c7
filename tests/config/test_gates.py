"""Gates as a rule or an action writes them, and when a reload keeps their memory."""

from datetime import timedelta

import pytest

from reactor.config.gates import MOST, grounds_of, parse_gates
from reactor.config.intervals import parse_intervals
from reactor.config.node import Problems
from reactor.model.gates import After, Gates, Mode, OnRestart, Otherwise, Overlap, Rate
from tests.conditions import node_of

WEEKLY = "{days: [sat], from: '02:00', to: '04:00', timezone: Europe/Berlin}"
NO_GROUNDS = grounds_of(None, None, None)


def read(text, intervals=f"{{deploys: {WEEKLY}}}", *, grounds=NO_GROUNDS, waits=False):
    """The gates that a YAML text writes, and what was said of them."""
    problems = Problems()
    known = parse_intervals(node_of(intervals), problems)
    gates = parse_gates(node_of(text), grounds, known, problems, waits=waits)
    told = [*problems.found, *problems.warnings]
    return gates, [each.message + (f" ({each.hint})" if each.hint else "") for each in told]


def gates_of(text, intervals=f"{{deploys: {WEEKLY}}}") -> Gates:
    gates, told = read(text, intervals)
    assert not told
    return gates


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("for: 2m", "lasting", timedelta(minutes=2)),
        ("after: 3 within 10m", "after", After(3, timedelta(minutes=10))),
        ("after: {count: 3, within: 10m}", "after", After(3, timedelta(minutes=10))),
        ("throttle: 1 per 5m", "throttle", Rate(1, timedelta(minutes=5))),
        ("mode: single", "mode", Mode(Overlap.SINGLE, 1)),
        ("mode: queued", "mode", Mode(Overlap.QUEUED, MOST)),
        ("{mode: parallel, max: 3}", "mode", Mode(Overlap.PARALLEL, 3)),
        ("{for: 2m, on_restart: skip}", "on_restart", OnRestart.SKIP),
        ("{}", "on_restart", OnRestart.RECHECK),
    ],
)
def test_a_gate_is_read(text, field, expected):
    assert getattr(gates_of(text), field) == expected


def test_both_kinds_of_hours_are_read_in_order():
    not_during, during = "not_during: {interval: deploys, then: digest}", "during: deploys"

    gates = gates_of(f"{{{not_during}, {during}}}")

    assert [(each.gate, each.otherwise) for each in gates.hours] == [
        ("during", Otherwise.DROP),
        ("not_during", Otherwise.DIGEST),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("for: 0s", "'for' is \"0s\", expected a duration"),
        ("after: 3 per 10m", "'after' is \"3 per 10m\", expected N within DURATION"),
        ("after: {count: 3}", "'after' needs 'count' and 'within', or N within DURATION"),
        ("throttle: 3 within 10m", "'throttle' is \"3 within 10m\", expected N per DURATION"),
        ("during: deploy", "'during' names the time interval 'deploy', which does not exist (did"),
        ("mode: quued", "'mode' is \"quued\", expected one of single, queued, parallel (did"),
        ("{mode: queued, max: 0}", "'max' is 0, expected a whole number from 1"),
        ("max: 3", "'max' says how many of 'mode: queued' or 'mode: parallel', and there is none"),
        ("{mode: single, max: 3}", "'max' says how many of 'mode: queued' or 'mode: parallel'"),
        ("{for: 2m, on_restart: fires}", "'on_restart' is \"fires\", expected one of fire, skip"),
    ],
)
def test_a_mistake_is_told(text, told):
    _, [found] = read(text)

    assert found.startswith(told)


@pytest.mark.parametrize(
    ("keys", "is_warned_of"),
    [
        ("throttle: 1 per 5m, after: 3 within 10m, during: deploys", True),
        ("mode: single", True),
        ("mode: queued", False),
        ("for: 2m", False),
        ("during: {interval: deploys, then: drop}", True),
        ("during: {interval: deploys, then: hold}", False),
        ("not_during: {interval: deploys, then: digest}", False),
    ],
)
def test_where_nothing_waits_a_restart_finds_nothing(keys, is_warned_of):
    text = f"{{on_restart: fire, {keys}}}"

    assert bool(read(text)[1]) is is_warned_of
    assert not read(text, waits=True)[1]


EVERY = """
for: 2m
after: 3 within 10m
during: deploys
not_during: {interval: deploys, then: hold}
throttle: 1 per 5m
mode: queued
"""
EVERY_LONG = """
for: 120s
after: {within: 600s, count: 3}
during: {interval: [nightly], then: drop}
not_during: {then: hold, interval: nightly}
throttle: {per: 300s, count: 1}
mode: queued
max: 10
on_restart: fire
"""
SAME_WEEKLY = "{timezone: Europe/Berlin, days: saturday, to: '04:00', from: '02:00:00'}"


def test_each_gate_that_is_there_has_a_mark_that_goes_by_what_it_means():
    marks = gates_of(EVERY).marks

    assert {*marks} == {"for", "after", "during", "not_during", "throttle", "mode"}
    assert gates_of(EVERY_LONG, f"{{nightly: {SAME_WEEKLY}}}").marks == marks
    assert gates_of("{}").marks == {}


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("for", EVERY.replace("2m", "3m")),
        ("after", EVERY.replace("3 within", "4 within")),
        ("during", EVERY.replace("during: deploys", "during: {interval: deploys, then: hold}", 1)),
        ("not_during", EVERY.replace("then: hold", "then: digest")),
        ("throttle", EVERY.replace("1 per", "2 per")),
        ("mode", EVERY.replace("queued", "parallel")),
        ("mode", f"{EVERY}max: 11\n"),
    ],
)
def test_another_parameter_changes_the_mark_of_its_gate_alone(gate, text):
    before, after = gates_of(EVERY).marks, gates_of(text).marks

    assert {name for name in before if before[name] != after[name]} == {gate}


@pytest.mark.parametrize(
    ("old", "new"), [("sat", "sun"), ("02:00", "01:00"), ("04:00", "05:00"), ("Berlin", "Oslo")]
)
def test_another_interval_changes_the_marks_of_what_it_is_for(old, new):
    before = gates_of(EVERY).marks
    after = gates_of(EVERY, f"{{deploys: {WEEKLY.replace(old, new)}}}").marks

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"during", "not_during"}


@pytest.mark.parametrize(
    "others", [("{x: 2}", None, "a"), ("{x: 1}", "{y: 1}", "a"), ("{x: 1}", None, "b")]
)
def test_on_other_grounds_every_mark_is_another(others):
    before, after = (
        read(EVERY, grounds=grounds_of(*(text and node_of(text) for text in given)))[0].marks
        for given in (("{x: 1}", None, "a"), others)
    )

    assert not {before[name] for name in before} & {after[name] for name in after}


def test_one_path_and_a_list_of_it_are_the_same_key():
    one, several = (grounds_of(None, None, node_of(text)) for text in ("a", "[a]"))

    assert one == several
