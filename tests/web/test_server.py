"""The HTTP server, asked by a real client."""

import http.client
import json
from threading import Event, Thread

import pytest

from reactor.model.errors import ReactorError
from reactor.web.server import WebServer
from tests.fakes import PATIENCE


@pytest.fixture
def ready():
    return Event()


@pytest.fixture
def client(ready):
    server = WebServer("127.0.0.1", 0, ready.is_set)
    thread = Thread(target=server.serve)
    thread.start()
    client = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
    yield client
    # The client still holds its connection: that must not hold the server.
    server.stop()
    thread.join(1)
    assert not thread.is_alive()
    client.close()


def get(client, path, method="GET"):
    client.request(method, path)
    answer = client.getresponse()
    return answer.status, answer.read()


def test_healthz_says_whether_the_sources_are_started(client, ready):
    status, body = get(client, "/healthz")
    assert (status, json.loads(body)) == (503, {"status": "starting"})

    ready.set()
    status, body = get(client, "/healthz")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/healthz", 405)]
)
def test_there_is_nothing_else(client, method, path, status):
    assert get(client, path, method)[0] == status


def test_an_address_that_cannot_be_had_is_refused_with_what_to_do(ready):
    with pytest.raises(ReactorError) as refusal:
        WebServer("192.0.2.1", 8080, ready.is_set)

    assert str(refusal.value) == (
        "cannot listen on 192.0.2.1:8080: Cannot assign requested address; "
        "choose another address with --http HOST:PORT, or --http off"
    )
