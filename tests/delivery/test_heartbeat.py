"""The heartbeat beats while all works, at its pace, one call at a time, and stops when it stops."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Event, Thread

import pytest

from reactor.clock import monotonic, utc_now
from reactor.delivery import heartbeat
from reactor.delivery.heartbeat import Heart
from reactor.delivery.transport import Transport
from reactor.model.rule import Heartbeat
from reactor.model.secret import Secret
from tests.fakes import PATIENCE

SOON = timedelta(milliseconds=20)
LONG_AFTER = 0.4
"""Seconds in which a heart that beats beats many times."""


class Listener(ThreadingHTTPServer):
    """Keeps each call; answers with `status` when `go_on` is set."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Call)
        self.calls, self.status, self.go_on = Queue(), 200, Event()
        self.at_once = self.most_at_once = 0
        self.go_on.set()
        self.url = f"http://127.0.0.1:{self.server_port}/secret-path"


class Call(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.at_once += 1
        self.server.most_at_once = max(self.server.most_at_once, self.server.at_once)
        self.server.calls.put(self.path)
        self.server.go_on.wait(PATIENCE)
        self.server.at_once -= 1
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def listener():
    server = Listener()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Patient:
    """A heart in its thread, and whether all works."""

    def __init__(self):
        self.works, self.told = Event(), Queue()
        self.works.set()
        self._transport = Transport[None](utc_now)
        self.heart = Heart(
            self._transport, is_working=self.works.is_set, monotonic=monotonic, tell=self.told.put
        )
        self._thread = Thread(target=self.heart.run)
        self._thread.start()

    def stop(self):
        self.heart.stop()
        self._thread.join(1)
        assert not self._thread.is_alive()
        self._transport.close()


@pytest.fixture
def patient():
    patient = Patient()
    yield patient
    patient.stop()


def to(listener, every=SOON):
    return Heartbeat(url=Secret(listener.url), every=every)


def is_silent(listener):
    while not listener.calls.empty():
        listener.calls.get()
    return not Event().wait(LONG_AFTER) and listener.calls.empty()


def test_it_beats_while_all_works(listener, patient):
    patient.heart.adopt(to(listener))

    assert [listener.calls.get(timeout=PATIENCE) for _ in range(5)] == ["/secret-path"] * 5


def test_it_keeps_its_pace(listener, patient):
    patient.heart.adopt(to(listener, every=timedelta(hours=1)))

    assert listener.calls.get(timeout=PATIENCE)
    assert is_silent(listener)


def test_it_stands_still_while_something_does_not_work(listener, patient, monkeypatch):
    monkeypatch.setattr(heartbeat, "LOOK_SECONDS", 0.02)  # a second would prove no more
    patient.works.clear()
    patient.heart.adopt(to(listener, every=timedelta(hours=1)))
    assert is_silent(listener)

    patient.works.set()

    assert listener.calls.get(timeout=PATIENCE)  # made up for at once, not an hour later


def test_there_is_never_a_second_call_beside_the_first(listener, patient):
    listener.go_on.clear()
    patient.heart.adopt(to(listener))
    listener.calls.get(timeout=PATIENCE)
    assert is_silent(listener)

    listener.go_on.set()

    assert listener.calls.get(timeout=PATIENCE)
    assert listener.most_at_once == 1


def test_a_call_that_hangs_does_not_hold_up_the_end(listener, patient):
    listener.go_on.clear()
    patient.heart.adopt(to(listener))
    listener.calls.get(timeout=PATIENCE)

    # The fixture stops it, and waits for a second.


def test_a_failure_and_its_end_are_told_once_and_show_no_secret(listener, patient):
    listener.status = 500
    patient.heart.adopt(to(listener))
    for _ in range(4):
        listener.calls.get(timeout=PATIENCE)
    listener.status = 200

    shown = listener.url.replace("secret-path", "…")
    first, second = patient.told.get(timeout=PATIENCE), patient.told.get(timeout=PATIENCE)
    assert first == f"the heartbeat {shown} cannot be called: status 500"
    assert second == f"the heartbeat {shown} can be called again"
    assert patient.told.empty()


def test_nobody_there_is_a_failure_too(patient):
    patient.heart.adopt(Heartbeat(url=Secret("http://127.0.0.1:9/x"), every=SOON))

    assert "cannot be called: no connection" in patient.told.get(timeout=PATIENCE)


def test_another_one_is_called_at_once_and_none_not_at_all(listener, patient):
    patient.heart.adopt(Heartbeat(url=Secret("http://127.0.0.1:9/x"), every=timedelta(hours=1)))
    patient.told.get(timeout=PATIENCE)

    patient.heart.adopt(to(listener))
    assert listener.calls.get(timeout=PATIENCE)

    patient.heart.adopt(None)
    assert is_silent(listener)


def test_the_same_one_after_a_reload_is_not_called_out_of_turn(listener, patient):
    patient.heart.adopt(to(listener, every=timedelta(hours=1)))
    listener.calls.get(timeout=PATIENCE)

    patient.heart.adopt(to(listener, every=timedelta(hours=1)))

    assert is_silent(listener)
