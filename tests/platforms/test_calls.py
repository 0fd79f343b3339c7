"""Calls in their threads: started, finished, given up."""

import threading
from datetime import timedelta
from threading import Event

import pytest

from reactor.clock import utc_now
from reactor.engine.judge import judge_http
from reactor.model.request import CallStep, Fault, ObjectCall, Response, Verdict
from reactor.model.uri import read_uri
from reactor.platforms.calls import THREADS, Calls
from reactor.platforms.client import Client
from tests.delivery.servers import answering, header, serving, status
from tests.fakes import PATIENCE
from tests.platforms.apis import ScriptedApi

WEB = "/api/app/v1/service/00000000-0000-4000-8000-000000000001/"
ACCEPTED = Response(status=202)
REDEPLOY = (CallStep("POST", "redeploy"),)
SCALE = (CallStep("PATCH", body=b'{"target_num_containers":3}'), CallStep("POST", "scale"))


def a_call(source="cloud", steps=REDEPLOY):
    target, _ = read_uri(WEB)
    return ObjectCall(
        source=source,
        target=target,
        steps=steps,
        delivery_id="4f2a9c31",
        is_repeated=False,
        is_renewed=False,
        promised_at=utc_now(),
        timeout=timedelta(seconds=10),
    )


class Ends:
    """Calls, and their ends as they come."""

    def __init__(self, **apis):
        self._told = threading.Semaphore(0)
        self.calls = Calls(self._told.release)
        self.calls.adopt(apis)

    def wait(self, count=1):
        """What `count` calls ended with, by token."""
        for _ in range(count):
            assert self._told.acquire(timeout=PATIENCE)
        return dict(self.calls.finished())

    def hears_of_nothing(self):
        return not self._told.acquire(blocking=False) and self.calls.finished() == []


@pytest.fixture
def opened():
    """Opens calls to APIs by source, and closes them again."""
    opened = []

    def open_them(**apis):
        opened.append(Ends(**apis))
        return opened[-1]

    yield open_them
    for ends in opened:
        ends.calls.close()


class Hanging(ScriptedApi):
    """Answers when it is released."""

    def __init__(self):
        super().__init__(self._hang)
        self.release = Event()

    def _hang(self, _):
        self.release.wait(PATIENCE)
        return ACCEPTED


def test_a_call_is_carried_out_and_its_token_comes_back(opened):
    api = ScriptedApi(lambda _: ACCEPTED)
    ends = opened(cloud=api)

    ends.calls.start("it", a_call())

    assert ends.wait() == {"it": ACCEPTED}
    assert api.steps == [("POST", f"{WEB}redeploy/")]
    assert ends.calls.finished() == []


def test_a_call_leaves_for_the_configured_origin_with_its_credential_and_our_name(opened):
    received = []
    with serving(answering(status("202 Accepted")), received) as url:
        origin = url.removesuffix("/secret-path")
        client = Client(origin=origin, authorization="Basic x", namespace="acme")
        ends = opened(cloud=client)

        ends.calls.start("it", a_call())

        assert ends.wait()["it"].status == 202
    assert received[0].startswith(b"POST /api/app/v1/acme/service/")
    assert header(received[0], b"authorization") == "Basic x"
    assert header(received[0], b"user-agent").endswith(" delivery/4f2a9c31")


def test_a_redirect_is_not_followed_and_buries_the_call(opened):
    heard = []
    with serving(answering(status("202 Accepted")), heard) as canary:
        moved = answering(status("307 Temporary Redirect", f"Location: {canary}\r\n"))
        with serving(moved) as url:
            origin = url.removesuffix("/secret-path")
            ends = opened(cloud=Client(origin=origin, authorization="Basic x", namespace=None))
            ends.calls.start("it", a_call())
            response = ends.wait()["it"]

    assert judge_http(response).verdict is Verdict.BURY
    assert heard == []


def test_a_source_that_is_not_there_takes_no_calls(opened):
    ends = opened()

    ends.calls.start("it", a_call("gone"))
    response = ends.wait()["it"]

    assert response.detail == "source 'gone' is not in the rule file, or takes no calls"
    assert judge_http(response).verdict is Verdict.BURY


def test_a_source_that_hangs_delays_no_other(opened):
    slow, quick = Hanging(), ScriptedApi(lambda _: ACCEPTED)
    ends = opened(slow=slow, quick=quick)
    for number in range(THREADS + 1):
        ends.calls.start(number, a_call("slow"))
    slow.wait(THREADS)

    ends.calls.start("it", a_call("quick"))

    assert ends.wait() == {"it": ACCEPTED}
    assert len(slow.asked) == THREADS
    slow.release.set()
    assert len(ends.wait(THREADS + 1)) == THREADS + 1


def test_what_was_not_begun_goes_to_the_api_of_the_present_rules(opened):
    before, after = Hanging(), ScriptedApi(lambda _: ACCEPTED)
    ends = opened(cloud=before)
    for number in range(THREADS + 1):
        ends.calls.start(number, a_call())
    before.wait(THREADS)

    ends.calls.adopt({"cloud": after})
    before.release.set()
    ends.wait(THREADS + 1)

    assert (len(before.asked), len(after.asked)) == (THREADS, 1)


def test_what_was_not_begun_when_its_source_went_is_not_made(opened):
    api = Hanging()
    ends = opened(cloud=api)
    for number in range(THREADS + 1):
        ends.calls.start(number, a_call())
    api.wait(THREADS)

    ends.calls.adopt({})

    assert ends.wait()[THREADS].fault is Fault.INVALID
    api.release.set()
    assert set(ends.wait(THREADS)) == set(range(THREADS))
    assert len(api.asked) == THREADS


def test_what_is_abandoned_is_given_back_and_not_heard_of_again(opened):
    api = Hanging()
    ends = opened(cloud=api)
    for number in range(THREADS + 1):
        ends.calls.start(number, a_call(steps=SCALE))
    api.wait(THREADS)

    assert sorted(ends.calls.abandon()) == list(range(THREADS + 1))
    api.release.set()
    ends.calls.start("next", a_call())

    assert ends.wait() == {"next": ACCEPTED}
    assert ends.hears_of_nothing()
    assert [method for method, _ in api.steps].count("PATCH") == THREADS
    assert api.paths.count(f"{WEB}scale/") == 0


def test_what_has_ended_is_not_abandoned(opened):
    ends = opened(cloud=ScriptedApi(lambda _: ACCEPTED))
    ends.calls.start("it", a_call())
    assert ends._told.acquire(timeout=PATIENCE)

    assert ends.calls.abandon() == []
    assert ends.calls.finished() == [("it", ACCEPTED)]


def test_a_mistake_in_our_own_code_ends_the_call_and_says_nothing_of_it(opened):
    def fail(_):
        raise ValueError("Basic c2VjcmV0")

    ends = opened(cloud=ScriptedApi(fail))
    ends.calls.start("it", a_call())

    response = ends.wait()["it"]

    assert response == Response(fault=Fault.INVALID, detail="the call cannot be made: ValueError")


def test_after_it_was_closed_its_threads_end():
    before = set(threading.enumerate())
    ends = Ends(cloud=ScriptedApi(lambda _: ACCEPTED))
    ends.calls.start("it", a_call())
    ends.wait()

    ends.calls.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)

    assert set(threading.enumerate()) <= before
