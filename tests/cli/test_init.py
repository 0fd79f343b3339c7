"""`reactor init` writes a first rule file that passes `check` and `test`, and nothing else."""

import subprocess
from pathlib import Path

import pytest

from reactor.cli.init import SAMPLE_CRASH, called_by
from tests.cli.conftest import Cli
from tests.cli.program import Program
from tests.fake_engine import fake_engine

VARIABLES = ("DOCKERCLOUD_USER", "DOCKERCLOUD_APIKEY", "TUTUM_USER", "TUTUM_APIKEY")
SLACK = "https://hooks.slack.com/services/T000/B000/hidden"
NOWHERE = "unix:///nowhere/docker.sock"


@pytest.fixture(autouse=True)
def bare(monkeypatch, cli):
    """A machine with nothing: the environment belongs to the whole process."""
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    for name in ("SLACK_WEBHOOK_URL", "TUTUM_AUTH", *VARIABLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def furnished(monkeypatch):
    """A machine with everything that can be found."""
    monkeypatch.setenv("SLACK_WEBHOOK_URL", SLACK)
    for name in VARIABLES:
        monkeypatch.setenv(name, "hidden")
    with fake_engine() as engine:
        monkeypatch.setenv("DOCKER_HOST", engine.url)
        yield engine


def passes(cli: Cli) -> None:
    checked, tested = cli("check"), cli("test")
    assert (checked.code, tested.code) == (0, 0), checked.out + tested.out
    assert "warning" not in checked.out
    assert "without tests" not in tested.err


def test_on_a_bare_machine_init_check_and_test_pass(cli: Cli):
    ran = cli("init")

    assert (ran.code, ran.out) == (0, "")
    assert f"no Docker Engine at {NOWHERE}: no such socket" in ran.err
    assert "wrote reactor.yaml. Now:\n  reactor check && reactor test\n" in ran.err
    passes(cli)


def test_with_an_engine_accounts_and_slack_they_pass_too(cli: Cli, furnished):
    ran = cli("init")

    assert "Docker Engine 20.10.24" in ran.err
    assert "docker run --rm busybox sh -c 'exit 7'" in ran.err
    passes(cli)


def test_no_secret_is_written_or_told(cli: Cli, furnished, tmp_path: Path):
    told = cli("init").err + cli("init", "--print").out

    assert "hidden" not in told + (tmp_path / "reactor.yaml").read_text()
    assert "${SLACK_WEBHOOK_URL}" in told


def test_a_file_that_is_there_stays_as_it_is(cli: Cli, tmp_path: Path):
    (tmp_path / "reactor.yaml").write_text("mine")

    ran = cli("init")

    assert ran.code == 1
    assert ran.err.startswith("reactor: reactor.yaml is there already and stays as it is")
    assert (tmp_path / "reactor.yaml").read_text() == "mine"


def test_a_link_that_leads_nowhere_is_no_way_to_write_elsewhere(cli: Cli, tmp_path: Path):
    (tmp_path / "reactor.yaml").symlink_to(tmp_path / "elsewhere")

    assert cli("init").code == 1
    assert not (tmp_path / "elsewhere").exists()


def test_a_place_that_cannot_be_written_is_a_sentence(cli: Cli):
    ran = cli("init", "no/such/folder.yaml")

    assert (ran.code, ran.out) == (1, "")
    assert "no/such/folder.yaml cannot be written: No such file or directory" in ran.err


def test_print_writes_no_file_and_works_beside_one(cli: Cli, tmp_path: Path):
    (tmp_path / "reactor.yaml").write_text("mine")

    ran = cli("init", "--print")

    assert ran.code == 0
    assert ran.out.startswith("# The rules of this machine")
    assert [path.name for path in tmp_path.iterdir()] == ["reactor.yaml"]


def test_another_name_is_named_in_what_to_do_next(cli: Cli, tmp_path: Path):
    ran = cli("init", "my rules.yaml")

    assert "reactor check 'my rules.yaml' && reactor test 'my rules.yaml'" in ran.err
    assert (tmp_path / "my rules.yaml").exists()


@pytest.mark.parametrize(
    ("called", "is_in_path", "again"),
    [
        (".venv/bin/reactor", False, ".venv/bin/reactor"),
        ("/opt/my reactor/bin/reactor", False, "'/opt/my reactor/bin/reactor'"),
        ("/usr/bin/reactor", True, "reactor"),
        ("/opt/reactor/__main__.py", False, "reactor"),
    ],
)
def test_what_to_do_next_can_be_typed_as_it_is_told(tmp_path: Path, called, is_in_path, again):
    if is_in_path:
        (tmp_path / "reactor").touch(mode=0o755)

    assert called_by(called, str(tmp_path)) == again


def test_a_rules_yaml_that_loses_its_turn_is_told(cli: Cli, tmp_path: Path):
    (tmp_path / "rules.yaml").touch()

    assert "commands without a file take reactor.yaml from now on" in cli("init").err


def test_the_crash_that_it_proposes_is_an_alert_on_a_bare_machine(cli: Cli, tmp_path: Path):
    cli("init")
    subprocess.run(["sh", "-c", SAMPLE_CRASH], cwd=tmp_path, check=True)

    with Program(tmp_path, "run", "--http", "off", "--data-dir", "data") as program:
        program.err.hears("web-1 stopped with exit code 7")
