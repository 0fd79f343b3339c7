"""`reactor test` runs the tests in the file and names the step that went wrong."""

from pathlib import Path
from signal import SIGINT
from xml.etree.ElementTree import fromstring

import pytest

from tests.cli.conftest import Cli
from tests.cli.program import Program

CONTRACT = """\
version: 1
destinations:
  ops: {type: slack, url: "${SLACK_WEBHOOK_URL}"}
rules:
  - name: web container crashed
    match:
      type: container
      action: update
      state: Stopped
      service.name: web
      container.exit_code: {not: [0, 143]}
    group_by: service.name
    actions:
      - slack: ops
        text: "{{ service.name }} stopped with exit code {{ container.exit_code }}"
        throttle: 1 per 5m
    tests:
      - name: Slack hears once
        facts: {service.name: web, container.exit_code: 137}
        steps:
          - send: &crash {type: container, action: update, state: Stopped}
            expect: [slack]
          - wait: 1m
          - send: *crash
            expect: []
            because: throttled
          - wait: 1m
          - send: *crash
            expect: []
"""


def test_the_test_of_the_contract_passes_offline(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(CONTRACT)

    ran = cli("test")

    assert (ran.code, ran.lines) == (0, ["ok    web container crashed: Slack hears once"])
    assert "1 passed, 0 failed" in ran.err


def test_a_wrong_expectation_exits_4_and_names_the_step(cli: Cli, tmp_path: Path) -> None:
    wrong = CONTRACT.replace("expect: []\n            because: throttled", "expect: [slack]")
    (tmp_path / "rules.yaml").write_text(wrong)

    ran = cli("test")

    assert ran.code == 4
    assert ran.lines[0] == "FAIL  web container crashed: Slack hears once"
    assert "rules.yaml:24:13: step 3 (send): expected [slack] to fire, but [] did" in ran.lines[1]
    assert "slack: throttled" in ran.lines[1]


def test_a_rule_without_tests_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(
        "rules: [{name: bare, match: {a: 1}, actions: [{log: info}]}]\n"
    )

    ran = cli("test")

    assert ran.code == 0
    assert "without tests: bare" in ran.err


def test_a_gate_that_no_test_came_to_is_told(cli: Cli, tmp_path: Path) -> None:
    gated = CONTRACT.replace("    group_by", "    for: 1m\n    group_by").replace(
        "            expect: [slack]", "            because: waiting"
    )
    once = gated.partition("          - wait")[0]
    (tmp_path / "rules.yaml").write_text(once)

    ran = cli("test")

    assert (ran.code, ran.lines) == (0, ["ok    web container crashed: Slack hears once"])
    assert ran.err.splitlines() == [
        "1 passed, 0 failed",
        "rule web container crashed: for never let anything pass",
        "rule web container crashed: throttle of slack never reached",
    ]


def test_json_has_an_object_for_each_test_and_for_each_rule(cli: Cli, rules: Path) -> None:
    result, coverage = cli("test", "--json").objects

    assert (result["kind"], result["rule"], result["passed"]) == ("test", "web crashed", True)
    assert result["steps"][1]["held"] == [
        {
            "action": "webhook",
            "reason": "throttled",
            "numbers": "1 of 1 per 5m passed, next free at 12:05:00",
        }
    ]
    gate = {"action": "webhook", "gate": "throttle", "passed": 1, "held": 1}
    assert coverage == {"kind": "coverage", "rule": "web crashed", "tests": 1, "gates": [gate]}


def test_a_report_is_written_also_when_a_test_fails(cli: Cli, rules: Path, tmp_path: Path) -> None:
    rules.write_text(rules.read_text().replace("because: throttled", "expect: [webhook]"))

    ran = cli("test", "--junit", "report.xml")

    report = fromstring((tmp_path / "report.xml").read_bytes())  # noqa: S314 -- our own
    (failure,) = report.iter("failure")
    assert ran.code == 4
    assert failure.text == ran.lines[1].strip()
    assert "rules.yaml:21:13: step 2 (send): expected [webhook] to fire" in failure.text


def test_a_report_that_cannot_be_written_is_a_failure(cli: Cli, rules: Path) -> None:
    ran = cli("test", "--junit", "none/report.xml")

    assert ran.code == 1
    assert "reactor: none/report.xml cannot be written: No such file or directory" in ran.err


def test_the_tests_of_one_rule_can_be_run_alone(cli: Cli, rules: Path) -> None:
    rules.write_text(
        rules.read_text() + "  - {name: bare, match: {a: 1}, actions: [{log: info}]}\n"
    )

    assert cli("test", "--rule", "web crashed").err == "1 passed, 0 failed\n"
    assert "there is no rule 'web crash' in the rule file" in cli("test", "--rule", "web crash").err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.yaml", "b.yaml"), "expected one rule file or directory, not 2"),
        (("--name", "x"), "goes with --record"),
        (("--data-dir", "x"), "goes with --record"),
        (("--record", "e-1", "--watch"), "is not for --record"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    cli: Cli, rules: Path, words: tuple[str, ...], said: str
) -> None:
    ran = cli("test", *words)

    assert ran.code == 2
    assert said in ran.err


def test_watched_rules_are_tested_again_when_they_change(rules: Path, tmp_path: Path) -> None:
    right = rules.read_text()
    with Program(tmp_path, "test", "--watch") as program:
        program.err.hears("1 passed, 0 failed")
        rules.write_text(right.replace("throttle: 1 per 5m", "throttle: 1 per"))
        program.err.hears("rules.yaml:13:19")
        rules.write_text(right.replace("because: throttled", "expect: [webhook]"))
        program.out.hears("FAIL  web crashed: twice")
        program.send(SIGINT)

        assert program.ended() == 0
