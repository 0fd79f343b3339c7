"""Lookups in their threads, against a scripted API and real servers."""

import threading
from datetime import UTC, datetime, timedelta
from threading import Condition, Event

import pytest

from reactor.clock import monotonic
from reactor.engine.rest import LINKS, stable_facts
from reactor.model.lookup import Found, Need
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectRef
from reactor.platforms.client import Client
from reactor.platforms.fetches import MOST_OPEN
from reactor.platforms.lookups import KEPT_FOR, MOST_KEPT, STABLE, CloudLookups, _Recent
from reactor.platforms.pool import Pool
from tests.delivery.servers import serving
from tests.fakes import PATIENCE
from tests.platforms.apis import ScriptedApi, answered

UUID = "00000000-0000-4000-8000-00000000000{}"
URIS = [f"/api/app/v1/service/{UUID.format(digit)}/" for digit in "123"]
WEB = URIS[0]
OBJECT = {
    "uuid": UUID.format(1),
    "resource_uri": "/api/app/v1/acme" + WEB.removeprefix("/api/app/v1"),
    "name": "web",
    "stack": None,
    "state": "Running",
    "container_envvars": [{"key": "PASSWORD", "value": "secret"}],
}


class Told:
    """What was told, and in which threads."""

    def __init__(self):
        self.found, self.threads = [], []
        self._changed = Condition()

    def __call__(self, found):
        with self._changed:
            self.found.append(found)
            self.threads.append(threading.current_thread())
            self._changed.notify_all()

    def wait(self, count=1):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.found) >= count, PATIENCE), self.found
            return list(self.found)


@pytest.fixture
def opened():
    """Opens lookups on an API, and closes them again."""
    opened = []

    def open_them(api, **options):
        pool = Pool("lookups-under-test", 4)
        lookups = CloudLookups(api, pool, **options)
        opened.append((lookups, pool))
        return lookups

    yield open_them
    for lookups, pool in opened:
        lookups.close()
        pool.close()


def need(uri=WEB, *, fresh=True, kind="service", since=None):
    return Need(kind, uri, fresh, since)


def look(lookups, **changes):
    """One lookup, to its end."""
    told = Told()
    lookups.ask(need(**changes), told)
    return told.wait()[0]


def of_path(asked):
    """The object that a path names."""
    return answered({"uuid": asked.path.split("/")[-2], "name": "web"})


def test_an_object_is_found(opened):
    api = ScriptedApi(lambda _: answered(OBJECT))

    found = look(opened(api))

    assert found == Found(object=OBJECT)
    assert api.steps == [("GET", WEB)]
    assert api.asked[0].timeout == timedelta(seconds=10)


def test_it_is_told_from_another_thread_always(opened):
    lookups, told = opened(ScriptedApi(of_path)), Told()

    lookups.ask(need(), told)
    told.wait()
    lookups.ask(need(fresh=False), told)
    lookups.ask(need("nonsense"), told)
    told.wait(3)
    lookups.close()
    lookups.ask(need(), told)
    told.wait(4)

    assert threading.current_thread() not in told.threads


def test_the_configured_namespace_is_asked(opened):
    api = ScriptedApi(of_path, namespace="acme")

    look(opened(api), uri=WEB.replace("/v1/", "/v1/evil/"))

    assert api.paths == [OBJECT["resource_uri"]]


def test_a_list_of_actions_is_not_taken_for_the_object(opened):
    api = ScriptedApi(lambda _: answered(OBJECT))
    lookups = opened(api)

    look(lookups, since=datetime(2030, 1, 7, 6, 0, 0, tzinfo=UTC))
    assert lookups.recall(WEB) is None
    look(lookups)
    assert lookups.recall(WEB) is not None


def test_what_is_no_uri_of_such_an_object_gets_no_request(opened):
    api = ScriptedApi(of_path)

    found = look(opened(api), uri="\x1b[31m" + WEB)

    assert found.object is None
    assert found.reason.endswith("is not the URI of an object, so nothing was asked")
    assert found.reason.isprintable()
    assert api.asked == []


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(status=404), "404 Not Found"),
        (Response(status=401), "401 Unauthorized"),
        (Response(status=403), "403 Forbidden"),
        (
            Response(status=301, detail="http://x/…"),
            "redirects are not followed: 301 to http://x/…",
        ),
        (Response(status=200, body=b"[]"), "the answer cannot be used: JSON, but not an object"),
        (Response(status=204), "the answer cannot be used: not JSON in UTF-8"),
        (Response(fault=Fault.PROTOCOL, detail="the answer is larger"), "the answer is larger"),
    ],
)
def test_a_lookup_fails_at_once_where_a_repeat_would_not_help(opened, response, reason):
    api = ScriptedApi(lambda _: response)

    assert look(opened(api)) == Found(object=None, reason=reason)
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    "response",
    [
        Response(status=503),
        Response(fault=Fault.TIMEOUT, detail="no complete answer within 10s"),
        Response(fault=Fault.CONNECT, detail="no connection: connection refused"),
    ],
)
def test_what_may_pass_is_asked_again(opened, response):
    answers = [response, answered(OBJECT)]
    api = ScriptedApi(lambda _: answers.pop(0))

    assert look(opened(api)).object == OBJECT
    assert len(api.asked) == 2


def test_after_429_nobody_asks_before_the_time_that_was_named(opened):
    moments, answers = [], [Response(status=429, retry_after=timedelta(seconds=1.5))]

    def answer(asked):
        moments.append(monotonic())
        return answers.pop() if answers else of_path(asked)

    api, told = ScriptedApi(answer), Told()
    lookups = opened(api)
    lookups.ask(need(), told)
    api.wait(1)
    for uri in URIS[1:]:
        lookups.ask(need(uri), told)
    told.wait(3)

    assert len(moments) == 4
    assert min(moments[1:]) - moments[0] >= 1.5


def test_an_answer_that_never_comes_ends_at_the_deadline_though_all_threads_hang(opened):
    release = Event()
    api = ScriptedApi(lambda _: release.wait(PATIENCE) and Response(status=200))
    lookups, told = opened(api, patience=timedelta(seconds=0.4)), Told()
    begun = monotonic()

    for number in range(20):
        lookups.ask(
            need(f"/api/app/v1/service/00000000-0000-4000-8000-0000000000{number:02}/"), told
        )
    found = told.wait(20)
    took = monotonic() - begun
    release.set()

    assert {each.reason for each in found} == {"no answer within 0.4 s"}
    assert 0.4 <= took < 2


def test_a_server_that_drips_ends_at_the_deadline_too(opened):
    def drip(connection):
        pause = Event()
        while not pause.wait(0.02):
            connection.sendall(b".")

    with serving(drip) as url:
        origin = url.removesuffix("/secret-path")
        client = Client(origin=origin, authorization="Basic x", namespace=None)
        short = {"patience": timedelta(seconds=0.5), "request_timeout": timedelta(seconds=0.2)}
        found = look(opened(client, **short))

    assert found.object is None
    assert found.reason.startswith("no answer within 0.5 s")


def test_a_thousand_asks_for_three_objects_cost_few_requests(opened):
    go = Event()
    api = ScriptedApi(lambda asked: go.wait(PATIENCE) and of_path(asked))
    lookups, told = opened(api), Told()

    for number in range(1000):
        lookups.ask(need(URIS[number % 3]), told)
    go.set()

    assert all(found.object for found in told.wait(1000))
    assert len(api.asked) <= 6


def test_a_fresh_answer_comes_from_a_request_that_began_after_the_ask(opened):
    go, codes = Event(), iter([3, 4])

    def answer(_):
        code = next(codes)
        go.wait(PATIENCE)
        return answered(OBJECT | {"exit_code": code})

    api, first, second = ScriptedApi(answer), Told(), Told()
    lookups = opened(api)
    lookups.ask(need(), first)
    api.wait(1)
    lookups.ask(need(), second)
    go.set()

    assert first.wait()[0].object["exit_code"] == 3
    assert second.wait()[0].object["exit_code"] == 4


def test_what_does_not_change_is_lent_without_a_request(opened):
    api = ScriptedApi(lambda _: answered(OBJECT))
    lookups = opened(api)
    look(lookups)

    stable = {name: OBJECT[name] for name in ("uuid", "resource_uri", "name", "stack")}
    assert lookups.recall(WEB) == stable
    assert lookups.recall(OBJECT["resource_uri"]) == stable
    assert look(lookups, fresh=False) == Found(object=stable)
    assert len(api.asked) == 1


def test_what_may_change_is_asked_again(opened):
    api = ScriptedApi(lambda _: answered(OBJECT))
    lookups = opened(api)

    look(lookups)
    look(lookups)

    assert len(api.asked) == 2


def test_what_is_lent_holds_every_stable_fact():
    full = {name: f"/api/{name}/" for name in STABLE} | {"state": "Running", "exit_code": 3}
    lent = {name: full[name] for name in STABLE}

    assert all(stable_facts(kind, lent) == stable_facts(kind, full) for kind in LINKS)


@pytest.mark.parametrize(
    "uri",
    [WEB, WEB[:-1], OBJECT["resource_uri"], WEB.replace(UUID.format(1), UUID.format(1).upper())],
)
def test_what_something_happened_to_is_lent_no_more(opened, uri):
    lookups = opened(ScriptedApi(lambda _: answered(OBJECT)))
    look(lookups)

    lookups.forget(uri)

    assert lookups.recall(WEB) is None


def test_what_is_under_way_when_something_happens_is_not_lent(opened):
    go = Event()
    api, told = ScriptedApi(lambda _: go.wait(PATIENCE) and answered(OBJECT)), Told()
    lookups = opened(api)
    lookups.ask(need(), told)
    api.wait(1)

    lookups.forget(WEB)
    go.set()
    told.wait()

    assert lookups.recall(WEB) is None


def test_an_object_that_says_it_is_another_is_not_lent(opened):
    lookups = opened(ScriptedApi(lambda _: answered(OBJECT | {"uuid": UUID.format(2)})))

    look(lookups)

    assert lookups.recall(WEB) is None
    assert lookups.recall(URIS[1]) is None


def test_what_does_not_change_is_kept_for_five_minutes():
    recent, ref = _Recent(), ObjectRef("service", UUID.format(1))

    recent.put(ref, OBJECT, 100.0)

    assert KEPT_FOR == 300.0
    assert recent.get(ref, 399.9)
    assert recent.get(ref, 400.0) is None


def test_only_so_much_is_kept_the_oldest_goes_first():
    recent = _Recent()
    refs = [ObjectRef("container", str(number)) for number in range(MOST_KEPT + 1)]
    for ref in [*refs[:-1], refs[0], refs[-1]]:  # the first was fetched again
        recent.put(ref, OBJECT, 0.0)

    assert [ref.id for ref in refs if not recent.get(ref, 1.0)] == ["1"]


def test_only_so_many_may_wait(opened):
    release = Event()
    api, told = ScriptedApi(lambda _: release.wait(PATIENCE) and answered(OBJECT)), Told()
    lookups = opened(api)

    for _ in range(MOST_OPEN + 1):
        lookups.ask(need(), told)

    assert told.wait() == [Found(object=None, reason="too many lookups wait")]
    release.set()


def test_nothing_is_known_of_what_is_no_uri(opened):
    lookups = opened(ScriptedApi(of_path))

    lookups.forget("local")

    assert lookups.recall("local") is None


def test_closing_tells_all_that_is_open_and_what_comes_later(opened):
    release = Event()
    api, told = ScriptedApi(lambda _: release.wait(PATIENCE) and answered(OBJECT)), Told()
    lookups = opened(api)
    lookups.ask(need(), told)
    lookups.ask(need(URIS[1]), told)
    api.wait(2)

    lookups.close()
    lookups.ask(need(URIS[2]), told)
    found = told.wait(3)
    release.set()

    assert {each.reason for each in found} == {"the source was stopped or changed"}
    assert len(api.asked) == 2


def test_it_has_a_thread_only_from_the_first_ask_until_it_is_closed(opened):
    before = set(threading.enumerate())
    lookups, told = opened(ScriptedApi(of_path)), Told()
    assert set(threading.enumerate()) <= before

    lookups.ask(need(), told)
    told.wait()
    thread = lookups._thread
    lookups.close()
    thread.join(PATIENCE)

    assert not thread.is_alive()
    assert lookups._thread is None
