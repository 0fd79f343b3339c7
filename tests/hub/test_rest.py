"""The objects over HTTP, asked by requests and, where that is too polite, by http.client."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
import requests

from reactor.hub.eras import ACTION_HEADER
from reactor.hub.fleet import Unavailable
from reactor.hub.resources import LARGEST_PAGE
from reactor.hub.rest import MOST_BODY
from tests.fakes import PATIENCE
from tests.hub.fleets import A_WHILE, START, a_fleet, named
from tests.hub.served import Served, SpokenFleet, basic

SERVICES = "/api/app/v1/service/"
NO_ONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def fleet():
    return a_fleet(namespace="acme")


@pytest.fixture
def served(fleet):
    with Served(fleet, now=lambda: START) as served:
        yield served


@pytest.fixture(scope="module")
def unchanged():
    """A hub for those who change nothing."""
    with Served(a_fleet(), now=lambda: START) as served:
        yield served


@pytest.fixture
def web(fleet):
    """The path of the service web."""
    return named(fleet, "service", "web")["resource_uri"]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("stack", "/api/app/v1/stack/"),
        ("service", "/api/app/v1/acme/service/"),
        ("container", "/api/app/v1/container"),
        ("node", "//api/infra/v1/acme/node"),
        ("nodecluster", "/api//infra/v1/nodecluster/"),
        ("action", "/api/audit/v1/action/"),
    ],
)
def test_every_type_is_listed_and_each_object_found_where_it_says(served, fleet, kind, path):
    answer = served.ask("GET", path)

    listed = answer.json()["objects"]
    assert answer.status_code == 200
    assert listed == fleet.objects(kind)
    for thing in listed:
        assert served.ask("GET", thing["resource_uri"]).json() == thing
        without = thing["resource_uri"].replace("/acme/", "/").rstrip("/")
        assert served.ask("GET", without).json() == thing


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (f"GET {SERVICES}{NO_ONE}/", 404),
        ("GET /", 404),
        ("GET /api/app/v1/secret/", 404),
        ("GET /api/audit/v1/events/", 404),
        (f"GET {SERVICES}?colour=red", 400),
        (f"GET {SERVICES}?limit=many", 400),
        (f"GET {SERVICES}?limit=0", 400),
        (f"GET {SERVICES}?limit=-1", 400),
        (f"GET {SERVICES}?offset=-1", 400),
        (f"GET {SERVICES}?offset=1e3", 400),
        (f"GET {SERVICES}?offset={'9' * 5000}", 400),
        (f"POST {SERVICES}", 405),
        (f"GET {SERVICES}{NO_ONE}/start/", 405),
        (f"POST {SERVICES}{NO_ONE}/", 405),
        (f"PUT {SERVICES}{NO_ONE}/", 405),
        (f"POST {SERVICES}{NO_ONE}/start/", 404),
        (f"POST {SERVICES}{NO_ONE}/explode/", 404),
        (f"DELETE {SERVICES}{NO_ONE}/", 404),
    ],
)
def test_what_cannot_be_is_refused_in_json(unchanged, asked, status):
    method, path = asked.split()

    answer = unchanged.ask(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["error"]


def test_a_method_that_is_not_possible_is_told_those_that_are(unchanged):
    one = f"{SERVICES}{NO_ONE}/"

    assert unchanged.ask("POST", SERVICES).headers["allow"] == "GET, HEAD"
    assert unchanged.ask("PUT", one).headers["allow"] == "GET, HEAD, PATCH, DELETE"
    assert unchanged.ask("OPTIONS", f"{one}start/").headers["allow"] == "POST"
    assert unchanged.ask("HEAD", f"{one}start/").status_code == 405


@pytest.mark.parametrize("path", [SERVICES, f"{SERVICES}{NO_ONE}/", "/nothing/", "/auth/"])
def test_a_head_is_answered_as_a_get_without_the_body(unchanged, path):
    head, get = unchanged.ask("HEAD", path), unchanged.ask("GET", path)

    assert head.status_code == get.status_code
    assert head.headers["content-length"] == str(len(get.content))
    assert head.content == b""


@pytest.mark.parametrize("authorization", [None, basic("acme", "wrong"), "Bearer s3cret"])
def test_without_the_right_credentials_nothing_is_told_or_done(served, fleet, web, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    begun = fleet.objects("action")

    for method, path in [("GET", web), ("POST", f"{web}redeploy/"), ("GET", "/nothing")]:
        url = served.url(path)
        answer = requests.request(method, url, headers=headers, timeout=PATIENCE)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert "error" in answer.json()
    assert fleet.objects("action") == begun


def many(count):
    """A fleet with so many services."""
    uuids = [f"00000000-0000-4000-8000-{number:012}" for number in range(count)]
    return SpokenFleet(service=[{"uuid": uuid, "name": uuid[-4:]} for uuid in uuids])


@pytest.fixture(scope="module")
def crowd():
    """A hub with 1,200 services."""
    with Served(many(1200)) as served:
        yield served


def test_pages_lead_through_a_list_and_back():
    with Served(many(60)) as served:
        first = served.ask("GET", SERVICES).json()
        second = served.ask("GET", first["meta"]["next"]).json()
        third = served.ask("GET", second["meta"]["next"]).json()
        back = served.ask("GET", third["meta"]["previous"]).json()

    pages = (first, second, third)
    names = [thing["name"] for page in pages for thing in page["objects"]]
    assert names == [f"{number:04}" for number in range(60)]
    assert first["meta"] == {
        "limit": 25,
        "next": f"{SERVICES}?limit=25&offset=25",
        "offset": 0,
        "previous": None,
        "total_count": 60,
    }
    assert third["meta"]["next"] is None
    assert back == second


def test_the_next_page_has_the_same_filters_and_path(unchanged):
    page = unchanged.ask("GET", "//api/app/v1/acme/container?state=Running&limit=1").json()

    assert page["meta"]["next"] == "/api/app/v1/acme/container/?state=Running&limit=1&offset=1"


@pytest.mark.parametrize(
    ("query", "numbers", "limit"),
    [
        ("limit=2", [0, 1], 2),
        ("limit=2&offset=3", [3, 4], 2),
        ("offset=1199", [1199], 25),
        ("offset=1200", [], 25),
        ("offset=999999999", [], 25),
        ("limit=1000", list(range(1000)), LARGEST_PAGE),
        ("limit=99999", list(range(1000)), LARGEST_PAGE),
    ],
)
def test_limit_and_offset_cut_the_list(crowd, query, numbers, limit):
    page = crowd.ask("GET", f"{SERVICES}?{query}").json()

    assert [int(thing["name"]) for thing in page["objects"]] == numbers
    assert page["meta"]["limit"] == limit
    assert page["meta"]["total_count"] == 1200


def test_filters_leave_what_fits(unchanged):
    web = f"{SERVICES}?name=web"

    assert unchanged.listed(web) == ["web"]
    assert unchanged.listed(f"{web}&state=Stopped") == []
    assert unchanged.listed("/api/app/v1/service/?name=web&uuid__startswith=web") == []


def test_the_containers_of_a_stack_are_found_by_its_name(served, fleet):
    expected = [
        container["name"]
        for container in fleet.objects("container")
        if container["service"] == named(fleet, "service", "web")["resource_uri"]
    ]

    listed = served.listed("/api/app/v1/container/?service__stack__name=shop&limit=100")

    assert expected
    assert set(expected) <= set(listed)


@pytest.mark.parametrize("verb", ["stop", "redeploy", "scale"])
def test_a_call_is_accepted_and_becomes_an_action(served, fleet, web, verb):
    answer = served.ask("POST", f"{web}{verb}/", headers={"User-Agent": "docker-cloud/1"})

    assert answer.status_code == 202
    assert answer.json() == named(fleet, "service", "web")
    action = served.ask("GET", answer.headers[ACTION_HEADER]).json()
    assert action["object"] == web
    assert action["method"] == "POST"
    assert action["path"] == f"{web}{verb}/"
    assert action["user_agent"] == "docker-cloud/1"
    assert action["ip"] == "127.0.0.1"


def test_delete_terminates(served, fleet, web):
    answer = served.ask("DELETE", web)

    assert answer.status_code == 202
    assert answer.json()["state"] == "Terminating"
    assert answer.headers[ACTION_HEADER]
    fleet.advance(START + A_WHILE)
    assert served.ask("GET", web).json()["state"] == "Terminated"


def test_an_object_that_is_busy_refuses_a_call(served, web):
    served.ask("POST", f"{web}redeploy/")

    answer = served.ask("POST", f"{web}redeploy/")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("No actions allowed in this state")
    assert ACTION_HEADER not in answer.headers


def test_scaling_is_an_update_and_then_a_call(served, fleet, web):
    answer = served.ask("PATCH", web, data='{"target_num_containers": 5}')
    assert answer.status_code == 200
    assert ACTION_HEADER not in answer.headers
    assert answer.json()["target_num_containers"] == 5
    assert answer.json()["synchronized"] is False

    served.ask("POST", f"{web}scale/")
    fleet.advance(START + A_WHILE)

    assert served.ask("GET", web).json()["running_num_containers"] == 5


@pytest.mark.parametrize(
    "body",
    ["", "x", "[]", "null", '"x"', "{", '{"a":' + "[" * 90_000, '{"uuid": "mine"}', '{"tags": 1}'],
)
def test_an_update_that_is_none_is_refused(served, fleet, web, body):
    before = fleet.objects("service")

    answer = served.ask("PATCH", web, data=body)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert fleet.objects("service") == before


@pytest.mark.parametrize(
    ("method", "suffix", "body", "headers"),
    [
        ("GET", "", b"{}", {}),
        ("GET", "", b"", {"Content-Type": "application/json"}),
        ("POST", "redeploy/", b"", {"Content-Type": "application/json"}),
        ("POST", "redeploy/?reuse_volumes=True", b"{}", {}),
        ("DELETE", "", b"{}", {}),
        ("PATCH", "", b'{"nickname": "x"}', {}),
        ("PATCH", "", b'{"nickname": "x"}', {"Content-Type": "text/plain"}),
    ],
)
def test_the_odd_bodies_of_the_old_clients_are_taken(served, web, method, suffix, body, headers):
    client = http.client.HTTPConnection(*served.hub.address, timeout=PATIENCE)
    headers["Authorization"] = basic("acme", "s3cret")

    for _ in range(2):  # the connection must be fit for the next request
        client.request(method, web + suffix, body=body, headers=headers)
        answer = client.getresponse()
        assert isinstance(json.loads(answer.read()), dict)
        assert answer.status in (200, 202, 400)  # 400: busy with the first
    client.close()


def test_a_body_that_is_too_large_is_refused(served, web):
    answer = served.ask("PATCH", web, data="x" * (MOST_BODY + 1))

    assert answer.status_code == 413


def test_who_leaves_in_the_middle_of_a_request_disturbs_nobody(served, web, caplog):
    client = http.client.HTTPConnection(*served.hub.address, timeout=PATIENCE)
    client.putrequest("PATCH", web)
    client.putheader("Authorization", basic("acme", "s3cret"))
    client.putheader("Content-Length", "100")
    client.endheaders(b"{")
    client.close()

    assert served.ask("GET", web).status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.fixture(scope="module")
def locked():
    """A hub that changes nothing, on purpose."""
    fleet = a_fleet(namespace="acme")
    with Served(fleet, now=lambda: START, read_only=True) as served:
        yield served, fleet


@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("POST", "redeploy/"),
        ("POST", "trigger/"),
        ("POST", f"trigger/{NO_ONE}/call/"),
        ("PATCH", ""),
        ("DELETE", ""),
        ("DELETE", f"trigger/{NO_ONE}/"),
    ],
)
def test_a_hub_that_is_read_only_changes_nothing(locked, method, suffix):
    served, fleet = locked
    web = named(fleet, "service", "web")

    answer = served.ask(method, f"{web['resource_uri']}{suffix}", data="{}")

    assert answer.status_code == 403
    assert "read-only" in answer.json()["error"]
    assert served.ask("GET", web["resource_uri"]).json() == web
    assert fleet.objects("action") == []


def test_a_call_that_takes_its_time_keeps_nobody_else_waiting():
    begun, done = Event(), Event()

    class Slow(SpokenFleet):
        def operate(self, kind, uuid, call):
            begun.set()
            assert done.wait(PATIENCE)

    with Served(Slow(service=[{"uuid": NO_ONE}])) as served, ThreadPoolExecutor(1) as other:
        slow = other.submit(served.ask, "POST", f"{SERVICES}{NO_ONE}/redeploy/")
        assert begun.wait(PATIENCE)
        url = served.url(SERVICES)
        credentials = {"Authorization": basic("acme", "s3cret")}
        assert requests.get(url, headers=credentials, timeout=PATIENCE).status_code == 200
        done.set()
        assert slow.result(PATIENCE).status_code == 200


def test_a_fleet_that_cannot_be_reached_says_so():
    fleet = SpokenFleet()
    fleet.error = Unavailable("The engine cannot be reached.")
    with Served(fleet) as served:
        answer = served.ask("GET", SERVICES)

    assert answer.status_code == 503
    assert answer.json() == {"error": "The engine cannot be reached."}


def test_the_fleet_is_brought_to_the_present_before_it_is_asked():
    fleet = SpokenFleet()
    with Served(fleet) as served:
        before = len(fleet.times)

        served.ask("GET", SERVICES)

        assert len(fleet.times) > before
