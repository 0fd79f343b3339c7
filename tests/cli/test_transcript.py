"""What is in the journal becomes a test, which passes where it is pasted."""

from datetime import timedelta
from pathlib import Path

import pytest

from reactor.model.event import Arrival
from tests.cli.conftest import Cli
from tests.roads import Road, a_frame, an_arrival

MINUTE = timedelta(minutes=1)
RULES = """\
rules:
  - name: r
    match: {type: container, state: Stopped}
    GATE
    actions: [{log: info}, {log: error, name: second, if: {n: [1, 2]}}]
"""

Happened = tuple[float, Arrival | None]
"""So many minutes after the start an event came, or nothing but the time."""


def stopped(number: int, container: str = "a", **frame: object) -> Arrival:
    return an_arrival(number, state="Stopped", resource_uri=f"/{container}", **frame)


def started(number: int, container: str = "a") -> Arrival:
    return an_arrival(number, state="Running", resource_uri=f"/{container}")


def happen(folder: Path, rules: str, *happened: Happened) -> list[str]:
    """Let it happen, and give the ids of the events."""
    road = Road(folder, rules)
    start, ids = road.now, []
    for minutes, arrival in happened:
        road.now = start + minutes * MINUTE
        if arrival:
            ids += [event.id for event in road.receive(arrival).events]
        else:
            road.pipeline.pass_time(road.now)
    road.close()
    return ids


STORIES = {
    "throttle: 1 per 5m": [(0, stopped(0)), (1.23456, stopped(1)), (5, stopped(2))],
    "after: 2 within 1m": [(0, stopped(0)), (0.5, stopped(1)), (3, stopped(2))],
    "for: 2m": [
        (0.12345, stopped(0)),
        (1, stopped(1)),
        (1.5, stopped(2, "b")),
        (2.12345, None),
        (3, stopped(3)),
        (4, started(4)),
    ],
    "for: 1m": [(0, stopped(0)), (0.5, started(1)), (3, None)],
    "then: {match: {state: Running}, within: 5m}": [
        (0, stopped(0)),
        (1, stopped(1)),
        (2, started(2)),
        (3, stopped(3)),
        (8, None),
    ],
    "not_then: {match: {state: Running}, within: 5m}": [
        (0, stopped(0)),
        (5, None),
        (6, stopped(1)),
        (7, started(2)),
    ],
    "resolve: {match: {state: Running}}": [(0, stopped(0)), (1, stopped(1)), (2, started(2))],
    "group_by: key": [(0, stopped(0)), (0, stopped(1, key="$HOME ${x}")), (0, started(3))],
}


@pytest.mark.parametrize("gate", STORIES)
def test_what_happened_becomes_a_test_that_passes(cli: Cli, tmp_path: Path, gate: str) -> None:
    rules = RULES.replace("GATE", gate)
    ids = happen(tmp_path, rules, *STORIES[gate])

    made = cli("test", "--record", *ids, "--data-dir", ".")

    assert (made.code, made.err) == (0, "this goes under 'tests' of the rule 'r'\n")
    (tmp_path / "rules.yaml").write_text(f"{rules}    tests:\n{made.out}")
    assert cli("test").lines == ["ok    r: as recorded on 2031-05-06"]


LOOKED_UP = """\
rules:
  - name: crashed
    match: {type: container, container.exit_code: {gt: 0}}
    group_by: container.name
    actions: [{log: info}]
"""


def test_facts_stand_in_it_once(cli: Cli, tmp_path: Path) -> None:
    facts = {"container": {"name": "web", "exit_code": 7, "env": {"a.b": "$c"}}}
    frames = [
        Arrival(source="cloud", raw=a_frame(n).raw, identity=f"f-{n}", platform=True, facts=facts)
        for n in (1, 2)
    ]
    ids = happen(tmp_path, LOOKED_UP, (0, frames[0]), (1, frames[1]))

    made = cli("test", "--record", *ids, "--data-dir", ".", "--name", "web crashes twice")

    (tmp_path / "rules.yaml").write_text(f"{LOOKED_UP}    tests:\n{made.out}")
    assert cli("test").lines == ["ok    crashed: web crashes twice"]
    assert made.lines[:7] == [
        "      - name: web crashes twice",
        "        facts:",
        "          container.name: web",
        "          container.exit_code: 7",
        "          container.env:",
        "            a.b: $$c",
        "        steps:",
    ]


def test_what_came_before_may_count_too(cli: Cli, tmp_path: Path) -> None:
    rules = RULES.replace("GATE", "throttle: 1 per 5m")
    _, second = happen(tmp_path, rules, (0, stopped(0)), (1, stopped(1)))

    made = cli("test", "--record", second, "--data-dir", ".")

    assert made.code == 4
    assert "because: throttled" in made.out
    assert "it does not pass: step 1: expected [] to fire, but [log, second] did" in made.err
    assert "what came before these events may have counted too" in made.err


def test_as_json_it_is_an_object(cli: Cli, tmp_path: Path) -> None:
    (only,) = happen(tmp_path, RULES.replace("GATE", ""), (0, stopped(1)))

    (made,) = cli("test", "--record", only, "--data-dir", ".", "--json", "--name", "n").objects

    assert {name: made[name] for name in ("kind", "rule", "name")} == {
        "kind": "recorded",
        "rule": "r",
        "name": "n",
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "a test is made of events: give the ids of some"),
        (("none",), "there is no event 'none' in the journal in ."),
        (("rules.yaml",), "in the journal in .; rule files are named with --rules"),
        (("line-0",), "these events matched 'r', 's': say by --rule whose test it is"),
        (("line-1",), "these events matched no rule: say by --rule whose test it is"),
        (("line-0", "--rule", "rr"), "there is no rule 'rr' in the rule file"),
    ],
)
def test_what_cannot_be_made_is_a_sentence(
    cli: Cli, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    rules = RULES.replace("GATE", "") + RULES.replace("GATE", "").partition("rules:\n")[2].replace(
        "name: r", "name: s"
    )
    happen(tmp_path, rules, (0, stopped(0)), (1, started(1)))

    ran = cli("test", "--record", *words, "--data-dir", ".")

    assert (ran.code, ran.out) == (1, "")
    assert sentence in ran.err
