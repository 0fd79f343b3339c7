"""Alive, ready, metrics: each asked over HTTP, each with the status that a monitor goes by."""

import http.client
import json
from dataclasses import dataclass
from threading import Thread

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from reactor.model.errors import JournalUnavailable
from reactor.serving.http import HttpServer
from reactor.web.status import StatusPages
from tests.fakes import PATIENCE


class Saying:
    """Vitals that say what a test has them say."""

    def __init__(self):
        self.is_started, self.metrics = True, b"reactor_ready 1.0\n"
        self.hangs, self.lacks = {}, {}

    def hung(self):
        return self.hangs

    def unready(self):
        return self.lacks

    def exposition(self):
        if not self.metrics:
            raise JournalUnavailable("there is no journal")
        return self.metrics


@pytest.fixture
def vitals():
    return Saying()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    kind: str

    def json(self):
        return json.loads(self.body)


@pytest.fixture
def get(vitals):
    """Asks for a path, over HTTP."""
    pages = StatusPages(vitals)
    routes = [
        Route("/healthz", pages.healthz),
        Route("/readyz", pages.readyz),
        Route("/metrics", pages.metrics),
    ]
    server = HttpServer(Starlette(routes=routes), ("127.0.0.1", 0), advice="")
    thread = Thread(target=server.serve)
    thread.start()

    def ask(path):
        client = http.client.HTTPConnection(*server.address, timeout=PATIENCE)
        client.request("GET", path)
        found = client.getresponse()
        answer = Answer(found.status, found.read(), found.headers["content-type"] or "")
        client.close()
        return answer

    yield ask
    server.stop()
    thread.join(PATIENCE)


def test_alive_is_who_was_started(get, vitals):
    assert (get("/healthz").status, get("/healthz").json()) == (200, {"status": "ok"})

    vitals.is_started = False
    assert (get("/healthz").status, get("/healthz").json()) == (503, {"status": "starting"})


def test_who_is_not_ready_is_alive_and_who_hangs_is_not(get, vitals):
    vitals.lacks = {"source local": "waiting"}
    assert get("/healthz").status == 200

    vitals.hangs = {"pipeline": "no sign of life for 61 s"}
    answer = get("/healthz")
    assert (answer.status, answer.json()) == (503, {"status": "hung", "why": vitals.hangs})


def test_ready_says_which_part_is_not(get, vitals):
    assert (get("/readyz").status, get("/readyz").json()) == (200, {"status": "ready"})

    vitals.lacks = {"source local": "waiting since noon: gone", "journal": "disk full"}
    answer = get("/readyz")
    assert answer.status == 503
    assert answer.json() == {"status": "not ready", "why": vitals.lacks}


def test_metrics_are_text_of_prometheus(get):
    answer = get("/metrics")

    assert (answer.status, answer.body) == (200, b"reactor_ready 1.0\n")
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"


def test_metrics_without_a_journal_are_not_there(get, vitals):
    vitals.metrics = b""

    assert get("/metrics").status == 503
