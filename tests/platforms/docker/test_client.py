"""What an engine is asked, how its answers are bounded, and what is said when there is none."""

import json
import socket
from contextlib import closing, contextmanager
from threading import Thread

import pytest

from reactor.clock import utc_now
from reactor.platforms.docker.client import Client, Gone, Refusal, _fault
from reactor.platforms.docker.dial import parse_address
from tests.fake_engine import ENGINE_ID, fake_engine
from tests.fakes import PATIENCE

HOUR = 3600.0


@pytest.fixture
def engine():
    with fake_engine() as running:
        yield running


@pytest.fixture
def client(engine):
    with closing(Client(parse_address(engine.url))) as client:
        yield client


@contextmanager
def saying(answer):
    """The URL of what gives one answer, byte by byte as told, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            accepted, _ = server.accept()
            with accepted:
                accepted.recv(65536)
                accepted.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def answered(answer, timeout=PATIENCE):
    """What a client makes of bytes."""
    with saying(answer) as url, closing(Client(parse_address(url))) as client:
        return client.request("GET", "/", timeout=timeout)


def speak(engine, api, **version):
    """Have the engine speak another version of the API than 1.41."""
    engine.api = api
    newest = min(api, "1.52")
    engine.answers[f"/v{newest}/version"] = (200, json.dumps(version).encode())


def test_an_engine_says_who_it_is(client):
    described = client.describe()

    assert abs(described.pop("skew")) < 1
    assert described == {
        "id": ENGINE_ID,
        "name": "dock",
        "version": "20.10.24",
        "api": "/v1.41",
        "podman": False,
        "keeps_containers": False,
        "swarm": None,
    }


@pytest.mark.parametrize(
    ("theirs", "spoken"),
    [("1.41", "/v1.41"), ("1.44", "/v1.44"), ("1.52", "/v1.52"), ("1.54", "/v1.52")],
)
def test_the_newest_api_that_both_speak_is_spoken(engine, client, theirs, spoken):
    speak(engine, theirs, Version="29")

    assert client.describe()["api"] == spoken


def test_an_engine_that_names_no_version_is_asked_without(engine, client):
    engine.api = ""
    engine.answers["/version"] = (200, b'{"Version": "?"}')

    assert client.describe()["api"] == ""


def test_an_engine_for_which_we_are_too_old_is_refused(engine, client):
    said = "client version 1.52 is too old. Minimum supported API version is 1.60"
    engine.api = "1.70"
    engine.answers["/v1.52/version"] = (400, json.dumps({"message": said}).encode())

    with pytest.raises(
        Refusal, match=r"Minimum supported API version is 1\.60.*reactor is too old"
    ):
        client.describe()


def test_podman_is_known_by_its_host_for_its_id_changes(engine, client):
    speak(engine, "1.41", Version="4.3.1", Components=[{"Name": "Podman Engine"}])

    described = client.describe()

    assert described["podman"] is described["keeps_containers"] is True
    assert described["id"] == "podman@dock"


def test_live_restore_keeps_an_engines_containers(engine, client):
    engine.info["LiveRestoreEnabled"] = True

    assert client.describe()["keeps_containers"] is True


def test_an_engine_that_keeps_its_identity_to_itself_is_known_by_its_address(engine, client):
    engine.answers["/v1.41/info"] = (403, b"Forbidden")

    described = client.describe()

    assert described["id"] == described["name"] == engine.url.removeprefix("tcp://")


MANAGER = {
    "NodeID": "n1",
    "LocalNodeState": "active",
    "ControlAvailable": True,
    "Cluster": {"ID": "c1", "Spec": {"Name": "default"}},
}


@pytest.mark.parametrize(
    ("info", "swarm"),
    [
        (
            MANAGER,
            {"node_id": "n1", "is_manager": True, "cluster_id": "c1", "cluster_name": "default"},
        ),
        (
            {"NodeID": "n2", "LocalNodeState": "active", "Cluster": None},
            {"node_id": "n2", "is_manager": False, "cluster_id": "", "cluster_name": ""},
        ),
        ({"NodeID": "", "LocalNodeState": "inactive"}, None),
        (None, None),
    ],
)
def test_its_place_in_a_swarm_is_told(engine, client, info, swarm):
    engine.info["Swarm"] = info

    assert client.describe()["swarm"] == swarm


@pytest.mark.parametrize("skew", [-HOUR, 0, HOUR])
def test_an_engines_clock_is_told_exactly(engine, client, skew):
    engine.skew = skew

    assert client.describe()["skew"] == pytest.approx(skew, abs=0.5)
    assert client.engine_time == pytest.approx(engine.now(), abs=0.5)


def test_a_clock_that_only_headers_tell_is_known_within_a_second(engine, client):
    engine.skew = HOUR
    engine.answers["/v1.41/info"] = (403, b"Forbidden")

    assert client.describe()["skew"] == pytest.approx(HOUR, abs=1)


def test_a_clock_that_was_set_is_noticed_at_the_next_answer(engine, client):
    client.describe()
    engine.skew = -HOUR
    client.json("/v1.41/version")

    assert client.engine_time == pytest.approx(engine.now(), abs=1)


def test_until_an_engine_has_spoken_its_clock_is_ours(client):
    assert client.engine_time == pytest.approx(utc_now().timestamp(), abs=1)


def test_a_connection_is_used_again(engine, client):
    for _ in range(3):
        client.json("/v1.41/version")

    assert engine.connections == 1


def test_exchanges_at_once_have_connections_of_their_own(engine, client):
    with client.open("/v1.41/version"):
        client.json("/v1.41/version")

    assert engine.connections == 2


def test_an_answer_that_was_not_read_to_its_end_costs_its_connection(engine, client):
    with client.open("/v1.41/version"):
        pass
    client.json("/v1.41/version")

    assert engine.connections == 2


def test_what_changes_something_is_not_sent_where_nobody_may_listen(engine, client):
    engine.answers["/act"] = (204, b"")
    client.json("/v1.41/version")
    client.request("POST", "/act")

    assert engine.connections == 2


def test_a_connection_that_the_engine_closed_meanwhile_is_made_again(engine, client):
    client.json("/v1.41/version")
    client._idle._lines[0].dialed.socket.shutdown(socket.SHUT_RDWR)

    assert client.json("/v1.41/version") == {"Version": "20.10.24"}


def test_an_exchange_that_outlives_its_client_leaves_no_connection(client):
    with client.open("/v1.41/version") as stream:
        client.close()
        stream.body()

    assert client._idle.take() is None


def test_a_request_carries_json_and_is_answered_whatever_the_status(engine, client):
    engine.answers["/v1.41/containers/x/start"] = (409, b'{"message":"no"}')

    answer = client.request("POST", "/v1.41/containers/x/start", body={"a": 1})

    assert (answer.status, answer.body) == (409, b'{"message":"no"}')
    assert answer.headers["api-version"] == "1.41"
    assert engine.requests == [("POST", "/v1.41/containers/x/start", b'{"a": 1}')]


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (500, b'{"message":"not you"}', Gone, "the answer to /x is 500: not you"),
        (404, b'{"message":"page not found"}', Gone, "the answer to /x is 404: page not found"),
        (403, b'{"message":"not you"}', Refusal, "the answer to /x is 403: not you"),
        (401, b"<html>", Refusal, "the answer to /x is 401: is this a Docker Engine?"),
        (418, b"[]", Gone, "the answer to /x is 418: is this a Docker Engine?"),
    ],
)
def test_an_engine_that_says_no_is_quoted(engine, client, status, body, kind, said):
    engine.answers["/x"] = (status, body)

    with pytest.raises(kind) as raised:
        client.json("/x?all=1")
    assert str(raised.value) == said


def test_a_text_that_says_why_is_quoted_too():
    text = (
        b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\nClient sent HTTP\nto HTTPS."
    )

    with saying(text) as url, pytest.raises(Gone, match="is 400: Client sent HTTP to HTTPS"):
        Client(parse_address(url)).json("/x")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 99_999])
def test_what_is_no_json_is_no_engine(engine, client, body):
    engine.answers["/x"] = (200, body)

    with pytest.raises(Gone, match="the answer is not JSON: is this a Docker Engine"):
        client.json("/x")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
def test_bodies_end_as_http_has_it(answer, body):
    assert answered(answer).body == body


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "the engine broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\no", "the engine broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "broke off"),
        (b"", "remote end closed connection"),
        (b"SSH-2.0-OpenSSH\r\n", "ssh-2.0-openssh"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_loss(answer, said):
    with pytest.raises(Gone, match=said):
        answered(answer)


def test_an_engine_that_says_nothing_is_given_up_in_time(engine, client):
    engine.is_dead.set()

    for timeout in (0.2, 0):
        with pytest.raises(Gone, match="timed out"):
            client.json("/v1.41/version", timeout=timeout)


def test_an_answer_longer_than_we_take_is_a_loss(engine, client):
    engine.answers["/x"] = (200, b"x" * 100_000)

    with client.open("/x") as stream, pytest.raises(Gone, match="longer than 50,000 bytes"):
        stream.body(50_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tcp://127.0.0.1:1", "connection refused"),
        ("unix:///", "connection refused"),
        (f"unix:///{'x' * 200}", "af_unix path too long"),
    ],
)
def test_why_there_is_no_connection_is_told(text, said):
    with pytest.raises(Gone, match=said):
        Client(parse_address(text)).json("/version")


def test_a_socket_that_is_not_ours_to_open_is_refused_with_the_remedy():
    raised = _fault(PermissionError(13, "Permission denied"))

    assert isinstance(raised, Refusal)
    assert "member of the docker group" in str(raised)
