"""The `scale` action: a number is set, and then made true."""

import pytest

from reactor.actions import ACTIONS
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.request import CallStep, StoredRequest
from tests.builders import NO_SECRETS, NOON, a_delivery, an_action

SCALE = ACTIONS["scale"]
SERVICE = "/api/app/v1/service/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
CONTAINER = SERVICE.replace("service", "container")


def rendered(value="service", **names):
    return SCALE.render(an_action(value=value, parameters={"to": 3}), names, NO_SECRETS)


@pytest.mark.parametrize(
    ("value", "names"),
    [("service", {"service": {"uri": SERVICE}}), ("self", {"resource_uri": SERVICE})],
)
def test_the_number_is_stored_with_the_call(value, names):
    assert rendered(value, **names) == StoredRequest(
        method="POST",
        url=(f"{SERVICE}scale/",),
        shown_url=f"{SERVICE}scale/",
        body=('{"target_num_containers":3}',),
    )


def test_an_attempt_sets_the_number_first():
    delivery = a_delivery(type="scale", request=rendered("self", resource_uri=SERVICE), attempts=1)

    assert SCALE.build(delivery, None, NO_SECRETS, NOON).steps == (
        CallStep("PATCH", body=b'{"target_num_containers":3}'),
        CallStep("POST", "scale"),
    )


@pytest.mark.parametrize(
    ("value", "names", "told"),
    [
        ("service", {}, "no service of the event is known"),
        ("self", {"resource_uri": CONTAINER}, "behind the URI of the container for POST"),
    ],
)
def test_what_is_no_service_is_not_scaled(value, names, told):
    with pytest.raises(RenderFailed, match=told):
        rendered(value, **names)


def test_it_refers_to_the_uri_of_the_service():
    references = [list(SCALE.references(an_action(value=v))) for v in ("service", "self")]

    assert references == [[Reference("service", "uri")], []]
