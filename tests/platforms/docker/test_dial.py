"""The ways to an engine, and what is said of an address that leads nowhere."""

import socket
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from reactor.platforms.docker.client import Client
from reactor.platforms.docker.dial import (
    DEFAULT_HOST,
    Gone,
    Refusal,
    Tls,
    address_from,
    connect,
    parse_address,
)
from tests.fake_engine import ENGINE_ID, fake_engine
from tests.fakes import PATIENCE
from tests.platforms.docker.certificates import make_certificates
from tests.platforms.docker.sshd import install_ssh


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure_engine(certificates):
    with fake_engine(certificates.engine()) as running:
        yield running


@pytest.fixture
def way(tmp_path, monkeypatch):
    """Installs an ssh of ours. It is found as every program is: by the process's environment."""

    def install(engine, says=""):
        monkeypatch.setenv("PATH", str(tmp_path))
        return install_ssh(tmp_path, engine.url, says)

    return install


def dialed(text, tls=None):
    return connect(parse_address(text), tls, PATIENCE)


def asked(text, tls=None):
    """What the engine at an address calls itself."""
    with closing(Client(parse_address(text), tls)) as client:
        return client.describe()["id"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("unix:///var/run/docker.sock", ("unix", "/var/run/docker.sock", "", None, "")),
        ("unix://docker.sock", ("unix", "docker.sock", "", None, "")),
        ("tcp://10.0.0.7:2376", ("tcp", "", "10.0.0.7", 2376, "")),
        ("tcp://dock/", ("tcp", "", "dock", None, "")),
        ("tcp://[::1]:99", ("tcp", "", "::1", 99, "")),
        ("https://dock", ("https", "", "dock", None, "")),
        ("ssh://dock", ("ssh", "", "dock", None, "")),
        ("ssh://me@dock:2222", ("ssh", "", "dock", 2222, "me")),
    ],
)
def test_addresses_are_sockets_or_hosts(text, parts):
    address = parse_address(text)

    assert (address.scheme, address.path, address.host, address.port, address.user) == parts
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "unix://", "tcp://", "dock:2375", "tcp://a:99999", "tcp://[", "ftp://dock"),
        *("tcp://me@dock", "tcp://dock/v1", "tcp://dock?tls", "ssh://me:secret@dock"),
        *("ssh://-oProxyCommand=evil", "ssh://-oProxyCommand@dock", "ssh://dock/socket"),
    ],
)
def test_what_is_no_address_is_refused_with_what_was_expected(text):
    with pytest.raises(Refusal, match="expected unix:///PATH, tcp://HOST:PORT"):
        parse_address(text)


FOLDER = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs"}


@pytest.mark.parametrize(
    ("options", "environ", "text", "tls"),
    [
        ({}, {}, DEFAULT_HOST, None),
        ({}, {"DOCKER_HOST": "tcp://dock"}, "tcp://dock", None),
        ({}, {"DOCKER_HOST": "tcp://dock", **FOLDER}, "tcp://dock", Tls(ca="/certs/ca.pem")),
        ({}, {"DOCKER_CERT_PATH": "/certs"}, DEFAULT_HOST, None),
        ({}, {"DOCKER_TLS_VERIFY": "1", "HOME": "/me"}, DEFAULT_HOST, Tls(ca="/me/.docker/ca.pem")),
        ({"host": "tcp://a"}, {"DOCKER_HOST": "tcp://b", **FOLDER}, "tcp://a", None),
        ({"host": "tcp://a", "tls": {"ca": "c", "cert": None}}, {}, "tcp://a", Tls(ca="c")),
    ],
)
def test_the_options_name_the_engine_else_the_environment_does(options, environ, text, tls):
    assert address_from(options, environ) == (parse_address(text), tls)


def test_the_environments_own_certificate_is_shown_when_it_is_there(certificates):
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certificates.folder)}

    assert address_from({}, environ)[1] == certificates.ours


def test_an_engine_that_wants_certificates_is_shown_ours(secure_engine, certificates):
    assert asked(secure_engine.url, certificates.ours) == ENGINE_ID
    assert asked(secure_engine.url.replace("tcp", "https"), certificates.ours) == ENGINE_ID


def test_an_engine_that_is_not_shown_a_certificate_refuses(secure_engine, certificates):
    with pytest.raises(Refusal, match=r"TLS fails: .*certificate required"):
        asked(secure_engine.url, Tls(ca=certificates.ours.ca))


def test_an_engine_whose_certificate_nobody_vouches_for_is_refused(secure_engine):
    with pytest.raises(Refusal, match="the engine's certificate is not trusted"):
        asked(secure_engine.url.replace("tcp", "https"))


def test_an_engine_is_refused_when_its_certificate_names_another_host(secure_engine, certificates):
    with pytest.raises(Refusal, match="not trusted: Hostname mismatch"):
        asked(secure_engine.url.replace("127.0.0.1", "localhost"), certificates.ours)


def test_tls_to_an_engine_that_speaks_none_is_refused(engine, certificates):
    with pytest.raises(Refusal, match="TLS fails"):
        asked(engine.url, certificates.ours)


@pytest.mark.parametrize(
    ("tls", "said"),
    [
        (Tls(ca="/nowhere/ca.pem"), "cannot read /nowhere/ca.pem"),
        (Tls(ca="/etc/hostname"), "no certificates with their key in /etc/hostname"),
    ],
)
def test_certificates_that_are_none_are_named(engine, tls, said):
    with pytest.raises(Refusal, match=said):
        dialed(engine.url, tls)


def test_an_engine_across_the_net_that_is_gone_is_noticed_by_the_system_too(engine):
    with closing(dialed(engine.url)) as connection:

        def option(name):
            return connection.socket.getsockopt(socket.IPPROTO_TCP, name)

        probes = option(socket.TCP_KEEPCNT) * option(socket.TCP_KEEPINTVL)
        assert connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert option(socket.TCP_KEEPIDLE) + probes <= 15


def test_a_socket_that_is_not_there_is_told_with_what_to_look_for():
    with pytest.raises(Gone, match="no such socket"):
        dialed("unix:///nowhere.sock")


def test_a_socket_leads_to_its_engine():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        path = Path(folder) / "s"  # tmp_path may be longer than a socket's path may be
        server.bind(str(path))
        server.listen()

        with closing(dialed(f"unix://{path}")) as connection, server.accept()[0] as accepted:
            connection.socket.sendall(b"hello")
            assert accepted.recv(5) == b"hello"


def test_a_name_that_no_host_can_have_is_refused():
    with pytest.raises(Refusal, match="cannot be the name of a host"):
        dialed(f"tcp://{'a' * 64}.org:1")


def test_ssh_is_called_as_the_docker_command_calls_it(engine, way):
    words = way(engine)

    assert asked("ssh://me@dock:2222") == ENGINE_ID
    assert words.read_text().split("\n")[-9:] == [
        *("-p", "2222", "-l", "me", "--", "dock", "docker", "system", "dial-stdio")
    ]
    assert "BatchMode=yes" in words.read_text()


@pytest.mark.parametrize(
    ("says", "kind", "said"),
    [
        ("ssh: connect to host dock port 22: No route to host", Gone, "^ssh: connect to host"),
        ("Warning: x\nme@dock: Permission denied (publickey).", Refusal, "^ssh: me@dock: Perm"),
        ("Host key verification failed.", Refusal, "^ssh: Host key verification failed"),
        ("bash: docker: command not found", Gone, "^ssh: bash: docker: command not found"),
    ],
)
def test_when_ssh_fails_its_last_line_is_quoted(engine, way, says, kind, said):
    way(engine, says)

    with pytest.raises(kind, match=said):
        asked("ssh://dock")


def test_an_ssh_that_leaves_its_pipe_to_another_is_not_waited_for(engine, way):
    way(engine).parent.joinpath("ssh").write_text("#!/bin/sh\n/bin/sleep 1 &\n")

    with closing(dialed("ssh://dock")) as connection:
        assert connection.last_words() == ""


def test_ssh_ends_with_its_connection(engine, way):
    way(engine)

    connection = dialed("ssh://dock")
    connection.close()

    assert connection.carrier.returncode is not None


def test_without_an_ssh_it_is_said_that_one_is_needed(engine, way):
    way(engine).parent.joinpath("ssh").unlink()

    with pytest.raises(Refusal, match="no ssh is installed here"):
        dialed("ssh://dock")
