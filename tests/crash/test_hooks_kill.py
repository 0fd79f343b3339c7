"""`kill -9` under senders: what was answered with 202 is there, once, and keeps its id."""

import socket
from contextlib import contextmanager
from http.client import HTTPException
from random import Random
from threading import Event, Thread

import pytest

from reactor.clock import utc_now
from tests.crash.hooks import PLAIN, address_of, an_event, journaled, post, write_rules
from tests.engine.inbound.senders import SIGNED, signed
from tests.fakes import PATIENCE
from tests.service import Service

KILLS = 5


@pytest.fixture
def rules(tmp_path):
    return write_rules(tmp_path, {"ci": PLAIN, "github": SIGNED["github"].hook})


@pytest.fixture
def port():
    """One that is free, and stays the same over lives."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Sender:
    """Sends event after event, each until it is taken. `taken` are those that were; `again` counts
    requests without an answer, which were repeated."""

    def __init__(self, name, address):
        self._name, self._address, self._stop = name, address, Event()
        self.taken, self.again = [], 0
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._stop.is_set():
            identity = f"{self._name}-{len(self.taken)}"
            while not self._is_taken(identity):
                self.again += 1
                self._stop.wait(0.02)

    def _is_taken(self, identity):
        try:
            answer = post(self._address, "ci", an_event(identity))
        except (OSError, HTTPException):
            return False
        if answer.status == 202:
            assert answer.ids == [identity]
            self.taken.append(identity)
        return answer.status == 202

    def stop(self):
        """After its present event."""
        self._stop.set()
        self._thread.join(PATIENCE)


@contextmanager
def senders(address, count=8):
    sending = [Sender(f"s{number}", address) for number in range(count)]
    yield sending
    for sender in sending:
        sender.stop()


def test_nothing_that_was_acknowledged_is_lost(tmp_path, rules, port):
    chance, data_dir = Random(1), tmp_path / "data"
    with senders(("127.0.0.1", port)) as sending:
        for _ in range(KILLS):
            with Service(rules, data_dir, "--http", f"127.0.0.1:{port}") as service:
                service.hears("running")
                service.kill(after=chance.uniform(0.05, 0.5))
        with Service(rules, data_dir, "--http", f"127.0.0.1:{port}") as service:
            service.hears("running")
            for sender in sending:
                sender.stop()
            assert service.stop() == 0

    taken, found = [each for sender in sending for each in sender.taken], journaled(data_dir)
    assert len(taken) > 10 * KILLS
    assert sum(sender.again for sender in sending) > KILLS
    assert sorted(found) == sorted(taken)


def test_a_delivery_is_one_event_also_over_a_restart(tmp_path, rules):
    data_dir, ids = tmp_path / "data", []
    for _ in range(2):
        with Service(rules, data_dir, "--http", "127.0.0.1:0") as service:
            address = address_of(service)
            for _ in range(2):
                answer = post(address, "github", signed("github", utc_now()))
                assert answer.status == 202
                ids += answer.ids
            assert service.stop() == 0

    assert ids == [SIGNED["github"].more["x-github-delivery"]] * 4
    assert journaled(data_dir) == ids[:1]
