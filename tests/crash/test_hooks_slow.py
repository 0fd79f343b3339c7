"""A thousand clients that send a byte now and then, and one that wants to be served."""

import resource
import socket
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest

from reactor.serving.connections import MOST_CONNECTIONS
from tests.crash.hooks import PLAIN, address_of, an_event, post, write_rules
from tests.fakes import PATIENCE
from tests.service import Service

HEAD = b"POST /hooks/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
BEGINNINGS = (b"", b"P", HEAD, HEAD + b"\r\n", HEAD + b"\r\n" + b"x" * 10_000)
"""How far a slow client comes at once: nowhere, into the headers, or into the body."""


@pytest.fixture
def many_descriptors():
    """For a thousand sockets and more."""
    before, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, hard))


@pytest.fixture
def service(tmp_path):
    rules = write_rules(tmp_path, {"ci": PLAIN})
    with Service(rules, tmp_path / "data", "--http", "127.0.0.1:0") as service:
        yield service


class Slow:
    """So many clients that are never done; whoever is cut off comes back at once."""

    def __init__(self, address, clients):
        self._address, self._numbers, self._stop = address, count(), Event()
        self.cut_off = 0
        self._open = [self._connect() for _ in range(clients)]
        self._thread = Thread(target=self._drip)
        self._thread.start()

    def _connect(self):
        client = socket.create_connection(self._address, timeout=PATIENCE)
        with suppress(OSError):
            client.sendall(BEGINNINGS[next(self._numbers) % len(BEGINNINGS)])
        return client

    def _drip(self):
        while not self._stop.wait(0.5):
            for place, client in enumerate(self._open):
                try:
                    client.sendall(b"a")
                except OSError:
                    client.close()
                    self.cut_off += 1
                    self._open[place] = self._connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(PATIENCE)
        for client in self._open:
            client.close()


def served_for(seconds, address):
    """How long each request took that was made meanwhile."""
    took, end = [], monotonic() + seconds
    while (begun := monotonic()) < end:
        assert post(address, "ci", an_event(f"event-{len(took)}")).status == 202
        took.append(monotonic() - begun)
    return took


def test_a_thousand_slow_clients_do_not_hurt_the_others(many_descriptors, service):
    address = address_of(service)
    with Slow(address, MOST_CONNECTIONS + 200) as slow:
        took = served_for(6, address)

        descriptors = len(list(Path(f"/proc/{service.pid}/fd").iterdir()))
        assert slow.cut_off > MOST_CONNECTIONS

    assert max(took) < 2.0  # on a busy machine; else some milliseconds
    assert descriptors < MOST_CONNECTIONS + 100
    assert not any("Traceback" in line for line in service.said)


def test_a_request_that_is_not_done_in_ten_seconds_is_cut_off(service):
    with ExitStack() as stack:
        slow = [
            stack.enter_context(socket.create_connection(address_of(service), timeout=PATIENCE))
            for _ in BEGINNINGS
        ]
        begun = monotonic()
        for client, beginning in zip(slow, BEGINNINGS, strict=True):
            client.sendall(beginning)

        for client in slow:
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""

    assert monotonic() - begun < 10.0
