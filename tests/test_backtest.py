"""Rules, tried on what was recorded: the same give the same, and nothing is touched."""

import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from reactor.actions import ACTIONS
from reactor.backtest import Firing, Recorded, backtest, firing_of, run_up
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.journal.inputs import ended_since
from reactor.model.rule import Ruleset
from tests.builders import NOON
from tests.config.loading import load_text
from tests.roads import Road, an_arrival

RULES = """\
rules:
  - name: plain
    match: {n: {gte: 0}, key: a}
    actions: [{log: info, text: "{{ n }} of {{ key }}, +{{ suppressed }}", throttle: 1 per 5m}]
  - name: lasting
    match: {key: b}
    group_by: key
    for: 30s
    resolve: {match: {key: c}}
    actions: [{log: info, text: "{{ incident.count }}"}]
  - name: counted
    match: {key: [a, b]}
    after: 7 within 10m
    actions: [{log: info, text: "{{ count }}"}]
  - name: quiet
    absent: {match: {key: d}, within: 2m}
    actions: [{log: info, text: nothing}]
"""
LOOSER = RULES.replace("1 per 5m", "2 per 5m")
EVENTS, STEP = 640, 10


def record(folder: Path, rules: str = RULES, events: int = EVENTS) -> None:
    """A journal of so many events, ten at a time, twenty seconds apart."""
    road = Road(folder, rules)
    for number in range(0, events, STEP):
        road.receive(
            *(
                an_arrival(each, key="abcd"[each // 40 % 4], resource_uri=f"/s/{each % 3}")
                for each in range(number, number + STEP)
            )
        )
        road.now += timedelta(seconds=20)
    road.receive()
    road.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("recorded")
    record(made)
    return made


def tried(folder: Path, rules: str, since: timedelta = timedelta()) -> list[Firing]:
    ruleset: Ruleset = load_text(folder, rules, actions=ACTIONS).ruleset
    with closing(open_reader(folder)) as journal:
        recorded = Recorded(journal=journal, silences={}, ended=ended_since(journal, NOON))
        return list(backtest(ruleset, ACTIONS, recorded, NOON + since))


def actual(folder: Path) -> Iterator[Firing]:
    with closing(open_reader(folder)) as journal:
        yield from map(firing_of, list_deliveries(journal))


def by_id(firings: list[Firing]) -> Mapping[str, tuple[str, str, str]]:
    return {each.id: (each.rule, each.event_id, each.text) for each in firings}


def test_the_same_rules_fire_what_was_fired_with_the_same_words(folder: Path) -> None:
    found = tried(folder, RULES)

    assert by_id(found) == by_id(list(actual(folder)))
    assert {each.rule for each in found} == {"plain", "lasting", "counted", "quiet"}
    assert found == tried(folder, RULES)


def test_a_looser_rule_fires_exactly_what_it_lets_through(folder: Path) -> None:
    before, after = by_id(tried(folder, RULES)), by_id(tried(folder, LOOSER))

    new = {name: after[name] for name in after.keys() - before.keys()}
    plain = [each for each in before.values() if each[0] == "plain"]
    assert {rule for rule, *_ in new.values()} == {"plain"}
    assert len(new) == len(plain)  # two in each window, where one was
    assert before.keys() - after.keys() == set()


def test_windows_that_began_before_are_seen(folder: Path) -> None:
    half = timedelta(minutes=10)

    late = tried(folder, RULES, since=half)

    assert by_id(late) == by_id([each for each in tried(folder, RULES) if each.at >= NOON + half])


def test_no_row_is_changed_and_no_socket_opened(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    def digest() -> str:
        return hashlib.sha256((folder / "reactor.db").read_bytes()).hexdigest()

    before = digest()
    monkeypatch.setattr(socket, "socket", refuse)  # there is no other way to see that none is

    assert tried(folder, LOOSER)
    assert digest() == before


def test_a_run_begins_as_early_as_its_longest_window(folder: Path) -> None:
    assert run_up(load_text(folder, RULES, actions=ACTIONS).ruleset) == timedelta(minutes=10)
    assert run_up(load_text(folder, "rules: []", actions=ACTIONS).ruleset) == timedelta()


def test_a_delivery_of_which_no_end_is_recorded_takes_no_time(tmp_path: Path) -> None:
    rules = """\
rules:
  - name: one at a time
    match: {n: {gte: 0}}
    mode: single
    actions: [{log: info, text: "{{ n }}"}]
"""
    record(tmp_path, rules, 30)  # by a road that never ends one

    assert len(list(actual(tmp_path))) == 1
    assert len(tried(tmp_path, rules)) == 30
