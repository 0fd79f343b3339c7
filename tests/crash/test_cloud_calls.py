"""A call back that left and got no answer: it is made once, however it was cut off."""

import json
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from threading import Event

import pytest

from reactor.changes import change_deliveries
from reactor.clock import utc_now
from reactor.engine.normalize import platform_time
from tests.crash.cloud import CREDENTIAL, Asked, relayed, rows, serving_api, source
from tests.hub.process import HubProcess
from tests.service import PATIENCE, Service, eventually

RULES = """\
version: 1
sources: {sources}
rules:
  - name: crashed
    match: {{type: container, state: Stopped, container.exit_code: 3}}
    actions: [{{{call}, retry: {{first: 100ms}}}}]
"""
REDEPLOY = ("redeploy: service", "Service Redeploy")
SCALE = ("scale: service, to: 5", "Service Scale")
EARLIER = "an earlier attempt has reached it: /api/audit/v1/action/"


class Exam:
    """A hub, and before its API one that takes a POST and gives no answer to it: the `lost`-th
    one, whether it lets it arrive or not."""

    def __init__(self, folder, hub, *, arrives, lost=1):
        self._folder, self._hub = folder, hub
        self._arrives, self._lost, self._posts = arrives, lost, count(1)
        self.is_lost, self.release = Event(), Event()

    def respond(self, asked):
        if asked.method != "POST" or next(self._posts) != self._lost:
            return relayed(self._hub.address, asked)
        if self._arrives:
            relayed(self._hub.address, asked)
        self.is_lost.set()
        self.release.wait(PATIENCE)
        return None

    @contextmanager
    def running(self, api, call=REDEPLOY[0]):
        """The service, connected."""
        rules = self._folder / "rules.yaml"
        cloud = source("ws://{}:{}/".format(*self._hub.address), api.url)
        rules.write_text(RULES.format(sources=json.dumps({"cloud": cloud}), call=call))
        with Service(rules, self._folder / "data", "--http", "off") as service:
            service.hears("source cloud: connected")
            yield service

    def crash(self):
        assert "crashed" in self._hub.do("crash", service="web", exit_code=3)

    def actions(self, name="Service Redeploy"):
        """Those that the hub has been asked for."""
        headers = {"authorization": CREDENTIAL}
        asked = Asked("GET", "/api/audit/v1/action/?limit=100", headers, b"")
        objects = json.loads(relayed(self._hub.address, asked).body)["objects"]
        return [action for action in objects if action["action"] == name]

    def has_ended(self):
        return rows(self._folder / "data", "select state from deliveries") == [("succeeded",)]

    @property
    def attempts(self):
        query = "select verdict, detail from attempts order by number"
        return rows(self._folder / "data", query)


@pytest.fixture
def exam(tmp_path):
    """A hub, and what stands before it."""
    with HubProcess() as hub:
        yield lambda **how: Exam(tmp_path, hub, **how)


@pytest.mark.parametrize("arrives", [True, False])
def test_a_call_that_the_server_does_not_answer_is_made_once(exam, arrives):
    exam = exam(arrives=arrives)
    exam.release.set()
    with serving_api(exam.respond) as api, exam.running(api) as service:
        exam.crash()
        eventually(exam.has_ended, "the delivery succeeded")
        assert service.stop() == 0

    assert len(exam.actions()) == 1
    assert exam.attempts[0] == ("retry", "the connection was closed without an answer")
    assert exam.attempts[1][1].startswith(EARLIER) == arrives


@pytest.mark.parametrize(
    ("arrives", "call", "action"),
    [
        (True, *REDEPLOY),
        (False, *REDEPLOY),
        (True, *SCALE),
        (False, *SCALE),
    ],
)
def test_a_call_that_a_kill_cuts_off_is_made_once(exam, arrives, call, action):
    exam = exam(arrives=arrives)
    with serving_api(exam.respond) as api:
        with exam.running(api, call) as service:
            exam.crash()
            assert exam.is_lost.wait(PATIENCE)
            service.kill()
        exam.release.set()
        with exam.running(api, call) as service:
            eventually(exam.has_ended, "the delivery succeeded")
            assert service.stop() == 0

    assert len(exam.actions(action)) == 1
    assert [verdict for verdict, _ in exam.attempts] == ["interrupted", "succeeded"]
    assert exam.attempts[1][1].startswith(EARLIER) == arrives


def test_a_call_that_is_redelivered_is_made_once_more_even_if_that_one_gets_no_answer(
    exam, tmp_path
):
    exam = exam(arrives=True, lost=2)
    exam.release.set()
    with serving_api(exam.respond) as api, exam.running(api) as service:
        exam.crash()
        eventually(exam.has_ended, "the delivery succeeded")
        eventually(lambda: is_past(exam.actions()), "the first action is over for seconds")
        [(delivery_id,)] = rows(tmp_path / "data", "select id from deliveries")

        change_deliveries(tmp_path / "data", "redeliver", [delivery_id])

        assert exam.is_lost.wait(PATIENCE)
        eventually(exam.has_ended, "the delivery succeeded again")
        assert service.stop() == 0
    assert len(exam.actions()) == 2


def is_past(actions):
    """Whether nobody can mistake them for what begins now: their times are in whole seconds."""
    before = utc_now() - timedelta(seconds=3)
    return all(platform_time(action["start_date"]) < before for action in actions)
