"""`reactor explain` says of each rule why it matches an event or not."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from reactor.journal.database import open_writer
from reactor.journal.events import insert_events, namesakes
from tests.builders import an_event, replace
from tests.cli.conftest import Cli

CRASH = {
    "event": {"type": "container", "state": "Stopped", "uuid": "e-1"},
    "facts": {"service.name": "db", "container.exit_code": 7},
}
MANY = "".join(
    f"  - {{name: r{number}, match: {{{', '.join(f'x{i}: 1' for i in range(number))}}}, "
    "actions: [{log: info}]}\n"
    for number in range(15, 0, -1)
)


@pytest.fixture
def crash(tmp_path: Path) -> Path:
    path = tmp_path / "crash.json"
    path.write_text(json.dumps(CRASH))
    return path


def test_a_file_is_explained_by_the_rule_file(cli: Cli, rules: Path, crash: Path):
    ran = cli("explain", "crash.json")

    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0].startswith("event      e-1 of explain, ")
    assert ran.lines[1:] == [
        "",
        "no match   web crashed: condition_false, its condition is false",
        '           would match if service.name were "web"',
        "  false    match                             1 of 4 does not hold",
        '  true       type: "container"               is "container"',
        '  true       state: "Stopped"                is "Stopped"',
        '  false      service.name: "web"             is "db"',
        '  true       container.exit_code: {"not":0}  is 7',
    ]


def test_json_is_one_object_a_rule(cli: Cli, rules: Path, crash: Path):
    (found,) = cli("explain", "crash.json", "--json").objects

    assert [found["kind"], found["rule"], found["reason"]] == [
        "explanation",
        "web crashed",
        "condition_false",
    ]
    assert found["blockers"] == [{"path": "service.name", "expected": "web", "becomes": True}]


def names(ran):
    """Of the rules, as they are told."""
    heads = [line for line in ran.lines if line.startswith(("match ", "no match "))]
    return [head[11:].partition(":")[0] for head in heads]


def test_the_nearest_misses_are_shown_and_the_rest_counted(cli: Cli, rules: Path, crash: Path):
    rules.write_text(
        f"rules:\n{MANY}  - {{name: hit, match: {{type: container}}, actions: [{{log: info}}]}}"
    )

    nearest, every = cli("explain", "crash.json"), cli("explain", "crash.json", "--all")

    order = ["hit", *(f"r{number}" for number in range(1, 16))]
    assert names(nearest) == order[:11]
    assert nearest.err == "5 more rules still further from a match; --all shows every rule\n"
    assert (names(every), every.err) == (order, "")
    assert len(cli("explain", "crash.json", "--json").objects) == 16


def test_only_the_rules_that_are_named_are_explained(cli: Cli, rules: Path, crash: Path):
    rules.write_text(f"rules:\n{MANY}")

    ran = cli("explain", "crash.json", "--rule", "r15", "--rule", "r2")

    assert names(ran) == ["r2", "r15"]


def test_a_rule_that_is_not_there_is_a_usage_error(cli: Cli, rules: Path, crash: Path):
    ran = cli("explain", "crash.json", "--rule", "web crashes")

    assert ran.code == 2
    assert "there is no rule 'web crashes'; did you mean 'web crashed'?" in ran.err


def test_of_many_rules_only_some_are_listed_where_none_is_meant(cli: Cli, rules: Path, crash: Path):
    rules.write_text(f"rules:\n{MANY}")

    ran = cli("explain", "crash.json", "--rule", "web crashes")

    assert "; there are 'r15', 'r14', " in ran.err
    assert ran.err.endswith("'r6' and 5 more\n")


LISTENING = """
sources: {a: {type: docker}, b: {type: docker}, c: {type: docker}}
rules:
  - {name: anywhere, match: {type: container}, actions: [{log: info}]}
  - {name: at b, source: b, match: {type: container}, actions: [{log: info}]}
  - {name: at c, source: c, match: {type: container}, actions: [{log: info}]}
"""


@pytest.mark.parametrize(
    ("words", "source", "missed"),
    [
        ([], "b", ["at c"]),
        (["--rule", "at c"], "c", []),
        (["--rule", "anywhere"], "a", []),
        (["--source", "elsewhere"], "elsewhere", ["at b", "at c"]),
    ],
)
def test_a_file_counts_as_of_where_the_rules_listen(
    cli: Cli, rules: Path, crash: Path, words, source, missed
):
    rules.write_text(LISTENING)

    ran = cli("explain", "crash.json", *words)

    assert f" of {source}, " in ran.lines[0]
    assert [name for name in names(ran) if f"{name}: other_source" in ran.out] == missed


def test_an_event_of_the_journal_has_what_was_recorded_of_it(cli: Cli, journal: Path):
    ran = cli("explain", "e-6", "--data-dir", str(journal))

    assert (ran.code, ran.err) == (0, "")
    assert ran.lines[0] == "event      e-6 of local, 2030-01-01T00:06:00.000000Z"
    assert ran.lines[6] == ("action     webhook: fired at 00:06:00, every gate let it pass")
    assert ran.lines[7].endswith(" to http://127.0.0.1:9/…: pending, 0 attempts")
    assert names(ran) == ["any crash", "web crashed"]
    assert 'would match if service.name were "web"' in ran.out


def test_of_named_rules_only_their_records_are_shown(cli: Cli, journal: Path):
    [found] = cli(
        "explain", "e-0", "--rule", "any crash", "--data-dir", str(journal), "--json"
    ).objects

    assert (found["kind"], found["rule"], found["reason"]) == (
        "explanation",
        "any crash",
        "matched",
    )
    assert [row["reason"] for row in found["evaluations"]] == ["fired"]
    assert [row["state"] for row in found["deliveries"]] == ["pending"]
    assert (found["attempts"], found["incidents"], found["silences"]) == ([], [], [])


def test_the_rules_of_that_time_explain_an_event_unless_others_are_named(
    cli: Cli, journal: Path, tmp_path: Path
):
    (tmp_path / "reactor.yaml").write_text(
        "rules: [{name: new, match: {type: node}, actions: [{log: info}]}]"
    )

    then = cli("explain", "e-6", "--data-dir", str(journal))
    now = cli("explain", "e-6", "--data-dir", str(journal), "--rules", "reactor.yaml")

    assert names(then) == ["any crash", "web crashed"]
    assert names(now) == ["new"]


def test_rules_of_that_time_that_cannot_be_read_have_a_way_out(cli: Cli, journal: Path):
    with closing(open_writer(journal)) as db:
        db.execute("update rulesets set text = 'rules: [{name: a, match: {n: {}}}]'")

    ran = cli("explain", "e-6", "--data-dir", str(journal))

    assert ran.code == 1
    assert "this version cannot read the rule 'a' of that time: " in ran.err
    assert ran.err.endswith("; name a rule file with --rules\n")


def test_an_event_that_waits_for_lookups_is_explained_by_the_last_rules(cli: Cli, journal: Path):
    waiting = an_event(uuid="e-9", type="container", state="Stopped", platform=True)
    with closing(open_writer(journal)) as db:
        insert_events(db, [replace(waiting, unknown={"service": "not asked"})])

    ran = cli("explain", "e-9", "--data-dir", str(journal), "--rule", "web crashed")

    assert ran.err.startswith("event e-9 is not decided yet: explained by the rules that were")
    assert "web crashed: field_missing, a field that it asks for is not in the event" in ran.out
    assert 'service.name: "web"             service was not looked up' in ran.out


def test_an_id_of_several_sources_is_explained_for_each_or_for_the_one_that_is_named(
    cli: Cli, journal: Path
):
    with closing(open_writer(journal)) as db:
        (event,) = namesakes(db, "e-6")
        insert_events(db, [replace(event, source="other")])

    both = cli("explain", "e-6", "--data-dir", str(journal))
    one = cli("explain", "e-6", "--data-dir", str(journal), "--source", "other")

    assert [line.split()[3] for line in both.lines if line.startswith("event")] == [
        "local,",
        "other,",
    ]
    assert both.lines[both.lines.index(both.lines[0].replace("local", "other")) - 1] == ""
    assert [line.split()[3] for line in one.lines if line.startswith("event")] == ["other,"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nope"], "there is no event 'nope' in the journal in "),
        (["e" * 300], "there is no event 'eee"),  # no file can have such a name
        (["e-6", "--source", "x"], "there is no event 'e-6' of source 'x' in the journal in "),
    ],
)
def test_an_event_that_is_nowhere_is_a_sentence(cli: Cli, journal: Path, words, said):
    ran = cli("explain", *words, "--data-dir", str(journal))

    assert ran.code == 1
    assert said in ran.err
    assert ran.err.endswith(
        " (its events go back to 2030-01-01T00:00:00.000000Z; `keep` says for how long), "
        "and no file of that name\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say of what: an event, or a rule with --rule"),
        (["e-6", "--since", "1h"], "--since and --limit go with --rule alone, without an event"),
        (["e-6", "--limit", "3"], "--since and --limit go with --rule alone, without an event"),
    ],
)
def test_what_is_asked_without_sense_is_a_usage_error(cli: Cli, journal: Path, words, said):
    ran = cli("explain", *words, "--data-dir", str(journal))

    assert ran.code == 2
    assert said in ran.err


def test_no_secret_is_in_any_output(cli: Cli, rules: Path, crash: Path):
    (rules.parent / "rules.yaml").write_text(
        rules.read_text().replace("http://127.0.0.1:9/secret-path", "${UNSET}")
    )

    told = [cli("explain", "crash.json", *words) for words in ([], ["--json"])]

    assert [ran.code for ran in told] == [0, 0]
    assert not [ran for ran in told if "whsec_" in ran.out + ran.err or "secret" in ran.out]
