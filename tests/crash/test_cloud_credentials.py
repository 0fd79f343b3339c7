"""Credentials go to the configured origin and nowhere else, whatever events and answers say."""

import json
import re
from contextlib import contextmanager
from itertools import product

import pytest

from tests.crash.cloud import CREDENTIAL, Reply, canary, listed, replied, rows, serving_api, source
from tests.engine.hostile_uris import HOSTILE
from tests.service import Service, eventually
from tests.sources.cloud import fake_cloud

RULES = """\
version: 1
sources: {sources}
rules:
  - name: called
    match: {{state: Stopped}}
    actions:
      - {{log: info, text: "{{{{ service.name }}}} of {{{{ stack.name }}}}"}}
      - {{redeploy: service}}
      - {{rest: "POST {{{{ service.uri }}}}start/", name: by service}}
      - {{stop: self}}
      - {{rest: "POST {{{{ resource_uri }}}}start/", name: by uri}}
"""
OF_SERVICE = ("redeploy", "by service")
OF_ITSELF = ("stop", "by uri")
"""The actions that call."""

GRAMMAR = re.compile(
    r"/api/(app|infra)/v1/(container|service|stack|node|nodecluster)/"
    r"(\?limit=100&offset=0|[0-9a-f]{8}-0000-4000-8000-000000000000/((start|stop|redeploy)/)?)"
)
"""What the API may be asked: its lists, and our objects, whose UUIDs no hostile value has.
None of reactor's code judges itself."""

REFUSED = re.compile(
    r"expected the URI of an object such as /api/app/v1/service/UUID/, found ['\"].*"
    r"|expected start/ or stop/ or restart/ or redeploy/ or scale/ behind the URI of .+,"
    r" found ['\"].*"
    r"|no service of the event is known"
    r"|'service.uri' is missing and the text cannot do without it"
)
"""Why there is no request."""


@pytest.fixture
def trap():
    """A port that nobody may come to, on every address of loopback."""
    with canary() as (port, heard):
        yield port, heard


@pytest.fixture
def cloud():
    """A stream that says what it is told to."""
    with fake_cloud() as cloud:
        yield cloud


@contextmanager
def running(folder, cloud, api):
    """The service, on the stream of the one and the API of the other."""
    rules = folder / "rules.yaml"
    cloud = source(f"ws://{cloud.address}/", api.url)
    rules.write_text(RULES.format(sources=json.dumps({"cloud": cloud})))
    with Service(rules, folder / "data", "--http", "off") as service:
        service.hears("source cloud: connected")
        yield service


def hostile(port):
    """Those that lead to any port, and the same leading to this one."""
    near = (re.sub(r"evil\.example(:\d+)?", f"127.0.0.1:{port}", value) for value in HOSTILE)
    near = (re.sub(r"(127\.0\.0\.1|\[::1\]):9\b", rf"\1:{port}", value) for value in near)
    return list(dict.fromkeys([*HOSTILE, *near]))


def uri_of(kind, number):
    return f"/api/app/v1/{kind}/{number:08x}-0000-4000-8000-000000000000/"


def number_of(path):
    """The number of the object that a path is about; None for a list."""
    found = re.search(r"/([0-9a-f]{8})-0000-4000-8000-", path)
    return found and int(found[1], 16)


def stopped(name, uri, parents):
    return {
        "uuid": name,
        "type": "any",
        "state": "Stopped",
        "resource_uri": uri,
        "parents": parents,
    }


def is_journaled(value):
    """Whether a frame with it can be an event: others are rejected, and nothing is done."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def is_done(data_dir, events):
    """Whether so many events were decided, and all that they promised was done or given up."""
    undone = "select count(*) from deliveries where state not in ('succeeded', 'dead')"
    decided = rows(data_dir, "select count(*) from inputs where kind = 'event'")
    return decided == [(events,)] and rows(data_dir, undone) == [(0,)]


def the_calls(data_dir, state):
    """Calls in this state: the event's id and the action, and why."""
    query = f"select event_id, action, reason from deliveries where state = '{state}'"  # noqa: S608 -- our own words
    return {row[:2]: row[2] for row in rows(data_dir, query) if row[1] != "log"}


def expected(values):
    """The calls that are refused, and those that are made: to containers with a good URI."""
    every = range(len(values))
    journaled = [number for number in every if is_journaled(values[number])]
    refused = each("own", journaled, OF_SERVICE + OF_ITSELF)
    refused |= each("parent", journaled, OF_SERVICE) | each("answered", every, OF_SERVICE)
    return refused, each("parent", journaled, OF_ITSELF) | each("answered", every, OF_ITSELF)


def each(how, numbers, actions):
    return {(f"{how} {number}", action) for number, action in product(numbers, actions)}


def test_no_uri_of_an_event_or_an_answer_leads_a_request_astray(tmp_path, trap, cloud):
    port, heard = trap
    values = hostile(port)

    def respond(asked):
        """Containers belong to what a hostile value says."""
        number = number_of(asked.path)
        return listed() if number is None else replied({"service": values[number]})

    with serving_api(respond) as api, running(tmp_path, cloud, api) as service:
        for number, value in enumerate(values):
            container = uri_of("container", number)
            cloud.say(stopped(f"own {number}", value, []))
            cloud.say(stopped(f"parent {number}", container, [value]))
            cloud.say(stopped(f"answered {number}", container, []))
        events = len(values) + 2 * sum(map(is_journaled, values))
        eventually(lambda: is_done(tmp_path / "data", events), "all was decided and done")
        assert service.stop() == 0

    assert heard == []
    assert {asked.headers["authorization"] for asked in api.asked} == {CREDENTIAL}
    assert [asked.path for asked in api.asked if not GRAMMAR.fullmatch(asked.path)] == []
    dead, done = the_calls(tmp_path / "data", "dead"), the_calls(tmp_path / "data", "succeeded")
    assert (set(dead), set(done)) == expected(values)
    assert [reason for reason in dead.values() if not REFUSED.fullmatch(reason)] == []
    print(  # noqa: T201 -- how hard the exam was, with `pytest -s`
        f"{len(values)} values, {events} events, {len(dead)} calls refused, {len(done)} made"
    )


def test_no_redirect_is_followed(tmp_path, trap, cloud):
    port, heard = trap
    hosts = f"http://127.0.0.1:{port}", f"http://[::1]:{port}", f"//127.0.0.1:{port}"
    paths = "", "/", uri_of("service", 1)
    ways = [*product((301, 302, 303, 307, 308), map("".join, product(hosts, paths)))]

    def respond(asked):
        number = number_of(asked.path)
        if number is None:
            return listed()
        status, place = ways[number]
        return Reply(status, headers={"Location": place})

    with serving_api(respond) as api, running(tmp_path, cloud, api) as service:
        for number in range(len(ways)):
            parents = [uri_of("service", number)]
            cloud.say(stopped(f"{number}", uri_of("container", number), parents))
        eventually(lambda: is_done(tmp_path / "data", len(ways)), "all was decided and done")
        assert service.stop() == 0

    assert heard == []
    dead = the_calls(tmp_path / "data", "dead")
    assert len(dead) == len(ways) * len(OF_SERVICE + OF_ITSELF)
    for (number, _), reason in dead.items():
        status, _ = ways[int(number)]
        assert re.fullmatch(rf"redirects are not followed: {status} to http://\S+:{port}/…", reason)
