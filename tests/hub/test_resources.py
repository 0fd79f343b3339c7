"""What is answered, without HTTP. The old clients' own requests are in tests/hub/corpus."""

import json

import pytest

from reactor.hub.filters import BadQuery
from reactor.hub.fleet import Call, NoSuchObject, NotAllowed
from reactor.hub.resources import Answer, Asked, BadBody, Resources
from reactor.hub.routes import read_address
from tests.hub.fleets import A_WHILE, START, a_fleet, named

NO_ONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def fleet():
    return a_fleet(namespace="acme")


@pytest.fixture
def resources(fleet):
    return Resources(fleet, user="acme")


@pytest.fixture
def web(fleet):
    """The path of the service web."""
    return named(fleet, "service", "web")["resource_uri"]


def ask(resources, asked: str, body: object = None, **query: str) -> Answer:
    method, path = asked.split()
    return resources.answer(
        Asked(
            address=read_address(path),
            call=Call(verb="", method=method, path=path),
            query=query,
            body=b"" if body is None else json.dumps(body).encode(),
        )
    )


def a_trigger(resources, web, operation):
    return ask(resources, f"POST {web}trigger/", {"operation": operation}).content["url"]


def test_a_verb_becomes_an_action_and_an_update_does_not(resources, web):
    begun = ask(resources, f"POST {web}redeploy/")
    done = ask(resources, f"PATCH {web}", {"nickname": "front"})

    assert (begun.status, done.status) == (202, 200)
    assert begun.action.startswith("/api/audit/v1/action/")
    assert done.action is None
    assert done.content["nickname"] == "front"


def test_the_newest_action_is_listed_first(resources, fleet, web):
    first = ask(resources, f"POST {web}stop/").action
    fleet.advance(START + A_WHILE)
    second = ask(resources, f"POST {web}start/").action

    listed = ask(resources, "GET /api/audit/v1/action/").content["objects"]

    assert [action["resource_uri"] for action in listed] == [second, first]


def test_a_trigger_redeploys(resources, fleet, web):
    before = fleet.running("web")

    answer = ask(resources, f"POST {a_trigger(resources, web, 'REDEPLOY')}")

    fleet.advance(START + A_WHILE)
    assert answer.action is not None
    assert len(fleet.running("web")) == 3
    assert not set(before) & set(fleet.running("web"))


@pytest.mark.parametrize(("suffix", "containers"), [("", 4), ("2/", 5)])
def test_a_trigger_adds_as_many_containers_as_its_call_says(
    resources, fleet, web, suffix, containers
):
    ask(resources, f"POST {a_trigger(resources, web, 'SCALEUP')}{suffix}")

    fleet.advance(START + A_WHILE)
    assert len(fleet.running("web")) == containers


def test_a_trigger_that_finds_its_service_busy_asks_for_nothing_more(resources, fleet, web):
    call = f"POST {a_trigger(resources, web, 'SCALEUP')}5/"
    ask(resources, f"POST {web}redeploy/")

    with pytest.raises(NotAllowed, match="No actions allowed"):
        ask(resources, call)

    assert named(fleet, "service", "web")["target_num_containers"] == 3


def test_a_trigger_tells_its_caller_nothing_of_the_service(resources, web):
    answer = ask(resources, f"POST {a_trigger(resources, web, 'REDEPLOY')}")

    assert set(answer.content) == {"uuid", "name", "operation", "resource_uri", "url"}


def test_the_triggers_of_no_service_are_not_there(resources):
    for method in ("GET", "POST"):
        with pytest.raises(NoSuchObject):
            ask(resources, f"{method} /api/app/v1/service/{NO_ONE}/trigger/")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/api/infra/v1/node/{}/health-check/", "no machines"),
        ("/api/infra/v1/node/{}/docker-upgrade/", "no machines"),
    ],
)
def test_what_is_refused_is_refused_with_a_reason(resources, fleet, path, reason):
    (node, *_) = fleet.objects("node")

    with pytest.raises(NotAllowed, match=reason):
        ask(resources, f"POST {path.format(node['uuid'])}")
    with pytest.raises(NoSuchObject):
        ask(resources, f"POST {path.format(NO_ONE)}")


def test_a_place_is_found_where_it_says(resources):
    listed = ask(resources, "GET /api/infra/v1/region/").content["objects"]

    assert listed
    for place in listed:
        assert ask(resources, f"GET {place['resource_uri']}").content == place


def test_places_have_pages_and_no_filters(resources):
    page = ask(resources, "GET /api/infra/v1/region/", limit="1").content

    assert page["meta"]["total_count"] == 1
    with pytest.raises(BadQuery, match="no filters"):
        ask(resources, "GET /api/infra/v1/region/", name="loopback")


def test_a_stack_is_exported(resources, fleet):
    shop = named(fleet, "stack", "shop")["resource_uri"]

    assert list(ask(resources, f"GET {shop}export/").content) == ["web", "worker", "db"]


def test_credentials_that_are_right_are_told_whose_they_are(resources):
    assert ask(resources, "GET /api/v1/auth/").content == {"username": "acme"}


def test_a_trigger_of_which_nothing_is_said_redeploys(resources, web):
    answer = ask(resources, f"POST {web}trigger/")

    assert (answer.status, answer.content["operation"]) == (201, "REDEPLOY")


@pytest.mark.parametrize("body", [[], "x", 1])
def test_a_body_that_is_no_object_is_refused(resources, web, body):
    with pytest.raises(BadBody):
        ask(resources, f"POST {web}trigger/", body)
