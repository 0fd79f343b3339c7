"""The actions that are a verb on an object: `redeploy`, `start`, `stop`, `restart`, `terminate`."""

import pytest

from reactor.actions import ACTIONS
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.request import CallStep, StoredRequest
from tests.builders import NO_SECRETS, NOON, a_delivery, an_action
from tests.engine.hostile_uris import HOSTILE

ID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
VERBS = ("redeploy", "start", "stop", "restart", "terminate")
NAMES = {
    "resource_uri": f"/api/app/v1/container/{ID}/",
    "container": {"uri": f"/api/app/v1/container/{ID}/"},
    "service": {"uri": f"/api/app/v1/service/{ID}/"},
    "stack": {"uri": f"/api/app/v1/stack/{ID}/"},
    "node": {"uri": f"/api/infra/v1/node/{ID}/"},
}


def rendered(verb, value="service", names=NAMES):
    return ACTIONS[verb].render(an_action(value=value), names, NO_SECRETS)


@pytest.mark.parametrize(
    ("verb", "value", "method", "path"),
    [
        ("redeploy", "service", "POST", f"/api/app/v1/service/{ID}/redeploy/"),
        ("redeploy", "container", "POST", f"/api/app/v1/container/{ID}/redeploy/"),
        ("start", "stack", "POST", f"/api/app/v1/stack/{ID}/start/"),
        ("stop", "self", "POST", f"/api/app/v1/container/{ID}/stop/"),
        ("restart", "service", "POST", f"/api/app/v1/service/{ID}/restart/"),
        ("terminate", "service", "DELETE", f"/api/app/v1/service/{ID}/"),
        ("terminate", "node", "DELETE", f"/api/infra/v1/node/{ID}/"),
        ("terminate", "self", "DELETE", f"/api/app/v1/container/{ID}/"),
    ],
)
def test_a_verb_is_stored_as_the_call_that_it_means(verb, value, method, path):
    expected = StoredRequest(method=method, url=(path,), shown_url=path)

    assert rendered(verb, value) == expected


@pytest.mark.parametrize(
    ("verb", "choices"),
    [
        ("redeploy", ("container", "service", "stack", "self")),
        ("start", ("container", "service", "stack", "self")),
        ("stop", ("container", "service", "stack", "self")),
        ("restart", ("container", "service", "stack", "self")),
        ("terminate", ("container", "service", "stack", "node", "self")),
    ],
)
def test_each_verb_is_for_the_objects_that_take_it(verb, choices):
    assert ACTIONS[verb].value.choices == choices


def test_an_event_about_what_does_not_take_the_verb_makes_no_call():
    names = {"resource_uri": f"/api/infra/v1/node/{ID}/"}

    with pytest.raises(RenderFailed, match="behind the URI of the node for POST, found 'redeploy/"):
        rendered("redeploy", "self", names)


@pytest.mark.parametrize(
    ("value", "told"),
    [("service", "no service of the event is known"), ("self", "the event has no resource_uri")],
)
def test_an_event_without_the_object_makes_no_call(value, told):
    with pytest.raises(RenderFailed, match=told):
        rendered("stop", value, {})


@pytest.mark.parametrize("verb", VERBS)
def test_an_event_with_a_hostile_uri_of_its_own_makes_no_call(verb):
    for uri in HOSTILE:
        with pytest.raises(RenderFailed):
            rendered(verb, "self", {"resource_uri": uri})


@pytest.mark.parametrize(
    ("verb", "step"),
    [("redeploy", CallStep("POST", "redeploy")), ("terminate", CallStep("DELETE"))],
)
def test_an_attempt_is_one_step(verb, step):
    delivery = a_delivery(type=verb, request=rendered(verb), attempts=1)

    assert ACTIONS[verb].build(delivery, None, NO_SECRETS, NOON).steps == (step,)


@pytest.mark.parametrize("verb", VERBS)
def test_it_refers_to_the_uri_of_an_object_but_not_to_that_of_the_event(verb):
    references = [
        list(ACTIONS[verb].references(an_action(value=value))) for value in ("stack", "self")
    ]

    assert references == [[Reference("stack", "uri")], []]
