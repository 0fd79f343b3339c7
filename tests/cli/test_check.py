"""`reactor check` tells every mistake at once, with its place."""

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_good_file_is_told_with_what_it_holds(cli: Cli, rules: Path) -> None:
    ran = cli("check")

    assert ran.code == 0
    assert "1 rule with 1 test" in ran.err
    assert ran.out == ""


def test_every_mistake_is_a_line_with_file_line_and_column(cli: Cli, rules: Path) -> None:
    rules.write_text("rules:\n  - name: a\n    match: {x: 1}\n    actons: []\n    thottle: 1\n")

    ran = cli("check", "rules.yaml")

    assert ran.code == 3
    assert any(line.startswith("rules.yaml:4:5: rule 'a': ") for line in ran.lines)
    assert any("did you mean 'throttle'?" in line for line in ran.lines)


def test_json_has_one_object_a_problem(cli: Cli, rules: Path) -> None:
    rules.write_text("rules: 5\n")

    ran = cli("check", "rules.yaml", "--json")

    assert ran.code == 3
    assert [(row["kind"], row["line"]) for row in ran.objects] == [("problem", 1)]


def test_print_shows_the_long_forms_and_masks_secrets(cli: Cli, rules: Path) -> None:
    ran = cli("check", "--print")

    assert "per: 5m" in ran.out
    assert "whsec_" not in ran.out


def test_offline_leaves_variables_of_destinations_alone(cli: Cli, rules: Path) -> None:
    rules.write_text(rules.read_text().replace("http://127.0.0.1:9/secret-path", "${NOT_SET}"))

    assert cli("check").code == 3
    assert cli("check", "--offline").code == 0


def test_without_a_file_the_usual_names_are_told(cli: Cli) -> None:
    ran = cli("check")

    assert ran.code == 2
    assert "./reactor.yaml nor ./rules.yaml" in ran.err
