"""`reactor hub`: what it says, to whom it listens, and how it ends."""

import re
import signal
import socket
import ssl
from contextlib import closing

import pytest
import requests
from websocket import create_connection

from tests.cli.program import Program
from tests.delivery.certificates import Certificates
from tests.fakes import PATIENCE
from tests.hub.served import basic

SIMULATED = ("hub", "--fleet", "simulated", "--listen", "127.0.0.1:0")
WITH_KEY = {"REACTOR_HUB_USER": "acme", "REACTOR_HUB_APIKEY": "s3cret"}
RULES = """\
sources: {local: {type: docker, host: unix:///no/such/docker.sock}}
hub: {listen: "127.0.0.1:0", user: team, apikey: k, read_only: true, namespace: team}
rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]
"""


def variables(program, era="DOCKERCLOUD"):
    """What it tells clients to set."""
    lines = program.err.hears(f"{era}_REST_HOST="), program.err.hears(f"{era}_APIKEY=")
    return dict(re.findall(rf"{era}_(\w+)=(\S+)", " ".join(lines)))


def services(where, user, key, method="GET"):
    url = f"{where['REST_HOST']}api/app/v1/service/"
    return requests.request(method, url, auth=(user, key), timeout=PATIENCE)


def test_without_credentials_it_makes_some_and_says_how_clients_find_it(tmp_path):
    with Program(tmp_path, *SIMULATED) as program:
        found = variables(program)
        assert services(found, found["USER"], found["APIKEY"]).json()["objects"]

        header = {"Authorization": basic(found["USER"], found["APIKEY"])}
        url = f"{found['STREAM_HOST']}api/audit/v1/events"
        with closing(create_connection(url, timeout=PATIENCE, header=header)) as stream:
            assert stream.recv() == '{"type":"auth"}'


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-c"])
def test_a_signal_stops_it_cleanly(tmp_path, number):
    with Program(tmp_path, *SIMULATED) as program:
        program.err.hears("serving a simulated fleet (seed 1) at http://127.0.0.1:", "pid")
        program.err.hears("this key is made for this run")
        program.send(number)

        assert program.ended(seconds=5) == 0
        assert program.err.all()[-1] == "stopped"
        assert program.out.all() == []


def test_a_key_that_was_set_is_not_shown(tmp_path):
    with Program(tmp_path, *SIMULATED, "--read-only", environment=WITH_KEY) as program:
        found = variables(program, "TUTUM")
        assert services(found, "acme", "s3cret").status_code == 200
        assert services(found, "acme", "s3cret", "POST").status_code in (403, 405)
        program.send(signal.SIGTERM)
        program.ended()

        assert "s3cret" not in "\n".join(program.err.all())


def test_the_same_seed_is_the_same_fleet(tmp_path):
    def names():
        with Program(tmp_path, *SIMULATED, "--seed", "7", environment=WITH_KEY) as program:
            listed = services(variables(program), "acme", "s3cret").json()["objects"]
            return [each["uuid"] for each in listed]

    assert names() == names()


def test_the_rule_file_says_what_the_command_line_does_not(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    with Program(tmp_path, "hub", "rules.yaml", "--fleet", "simulated") as program:
        program.err.hears("read-only")
        found = variables(program)

        listed = services(found, "team", "k").json()["objects"]
        assert found["USER"] == "team"
        assert all(each["resource_uri"].startswith("/api/app/v1/team/") for each in listed)


def test_an_engine_that_is_not_there_is_waited_for(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    with Program(tmp_path, "hub", "rules.yaml") as program:
        found = variables(program)
        program.err.hears("/no/such/docker.sock")

        answer = services(found, "team", "k")
        assert answer.status_code == 503
        assert "/no/such/docker.sock" in answer.json()["error"]


def test_a_renewed_certificate_is_read_at_sighup(tmp_path):
    made = Certificates(tmp_path).leaf("hub", None)
    words = ("--tls-cert", str(made.chain), "--tls-key", str(made.key))
    with Program(tmp_path, *SIMULATED, *words, environment=WITH_KEY) as program:
        url = program.err.hears("serving").split(" at ")[1].split(",")[0]
        host, port = url.removeprefix("https://").removesuffix("/").split(":")
        assert ssl.get_server_certificate((host, int(port))) == made.chain.read_text()

        Certificates(tmp_path).leaf("hub", None)
        program.send(signal.SIGHUP)
        program.err.hears("the certificate was read again")
        assert ssl.get_server_certificate((host, int(port))) == made.chain.read_text()

        made.key.write_text("half a fi")
        program.send(signal.SIGHUP)
        program.err.hears("warning: the certificate stays as it was: for TLS, ")


def test_beyond_this_machine_it_wants_credentials(cli):
    ran = cli("hub", "--fleet", "simulated", "--listen", "0.0.0.0:0")

    said = " ".join(ran.err.split())
    assert ran.code == 2
    assert "set REACTOR_HUB_USER and REACTOR_HUB_APIKEY" in said


def test_beyond_this_machine_keys_in_clear_are_warned_of(tmp_path):
    words = ("hub", "--fleet", "simulated", "--listen", "0.0.0.0:0")
    with Program(tmp_path, *words, environment=WITH_KEY) as program:
        program.err.hears("warning: the keys of clients travel unencrypted")
        program.err.hears(f"REST_HOST=http://{socket.gethostname()}:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen", "8001"], "'8001' is not HOST:PORT"),
        (["--namespace", "a/b"], "'a/b', expected letters, digits, - and _"),
        (["--tls-cert", "hub.pem"], "--tls-cert and --tls-key go together"),
        (["--fleet", "kubernetes"], "'kubernetes' is not one of 'docker', 'simulated'"),
        (["bare.yaml"], "bare.yaml has no 'hub'"),
    ],
)
def test_wrong_usage_is_told(cli, tmp_path, words, said):
    (tmp_path / "bare.yaml").write_text(RULES.replace("hub:", "# "))

    ran = cli("hub", *words)

    assert ran.code == 2
    assert said in " ".join(ran.err.replace("│", " ").split())


def test_what_cannot_be_had_is_told_with_what_to_do(cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "{}:{}".format(*taken.getsockname())
        ran = cli("hub", "--fleet", "simulated", "--listen", address)

    assert ran.code == 1
    assert ran.err == (
        f"reactor: cannot listen on {address}: Address already in use; choose another address, "
        "with --listen HOST:PORT or 'listen' of 'hub' in the rule file\n"
    )


ENGINE = {**WITH_KEY, "DOCKER_HOST": "unix:///no/such/docker.sock"}
SERVED = ("hub", "--listen", "127.0.0.1:0")


def test_it_says_where_triggers_are_kept_and_refuses_a_second_hub_there(tmp_path, cli):
    with Program(tmp_path, *SERVED, environment=ENGINE) as program:
        folder = tmp_path / ".local" / "state" / "reactor"
        program.err.hears("serving a Docker Engine at http://127.0.0.1:", f"triggers in {folder},")

        second = cli(*SERVED, "--data-dir", str(folder))

        assert second.code == 1
        assert second.err.startswith(
            f"reactor: what a hub keeps in {folder} is in use by 'reactor hub' (pid {program.pid}, "
        )
        assert second.err.endswith("; give each hub a --data-dir of its own\n")


def test_where_nothing_can_be_kept_it_does_not_start(cli):
    ran = cli(*SERVED, "--data-dir", "/proc/self/none")

    assert ran.code == 1
    assert ran.err == (
        "reactor: the data directory /proc/self/none cannot be used: No such file or directory; "
        "name a directory that reactor may write to with --data-dir\n"
    )


def test_a_damaged_file_is_warned_of(tmp_path):
    (tmp_path / "hub.json").write_text("half a fi")
    words = (*SERVED, "--data-dir", str(tmp_path))
    with Program(tmp_path, *words, environment=ENGINE) as program:
        program.err.hears("warning: ", "hub.json is damaged (", "set aside as hub.json.damaged-1")
        program.err.hears("serving")


def test_of_a_simulated_fleet_nothing_is_kept(tmp_path):
    data = tmp_path / "data"
    with Program(tmp_path, *SIMULATED, "--data-dir", str(data), environment=WITH_KEY) as program:
        found = variables(program)
        uri = services(found, "acme", "s3cret").json()["objects"][0]["resource_uri"]
        url = f"{found['REST_HOST']}{uri[1:]}trigger/"

        assert requests.post(url, auth=("acme", "s3cret"), timeout=PATIENCE).status_code == 201
        assert not data.exists()
