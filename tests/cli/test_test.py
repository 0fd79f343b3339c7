"""`reactor test` runs the tests in the file and names the step that went wrong."""

from pathlib import Path

from tests.cli.conftest import Cli

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


def test_json_has_one_object_a_test(cli: Cli, rules: Path) -> None:
    (only,) = cli("test", "--json").objects

    assert (only["kind"], only["rule"], only["passed"]) == ("test", "web crashed", True)
