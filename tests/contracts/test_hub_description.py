"""What schemathesis makes of the REST API's own description: requests that fit it and requests that
do not, each of whose answers has to be one that is described."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS

from reactor.hub.openapi import description
from tests.fakes import PATIENCE
from tests.hub.fleets import START, a_fleet
from tests.hub.served import KEY, USER, Served, basic

pytestmark = pytest.mark.long  # half a minute of questions

schema = schemathesis.openapi.from_dict(description())

KEPT = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]


@pytest.fixture(scope="module")
def served():
    with Served(a_fleet(namespace="acme"), now=lambda: START) as served:
        yield served


@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case, served):
    case.call_and_validate(
        base_url=served.url(""),
        headers={"Authorization": basic(USER, KEY)},
        checks=KEPT,
        timeout=PATIENCE,
    )
