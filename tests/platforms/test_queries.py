"""Under which path an event's objects, and what was done to them, are asked for."""

from datetime import UTC, datetime

import pytest

from reactor.model.lookup import Need
from reactor.platforms.queries import query_for
from tests.rest_objects import URIS, UUIDS

SINCE = datetime(2030, 1, 7, 6, 0, 0, tzinfo=UTC)
SERVICE, TUTUM = URIS["service"], f"/api/v1/service/{UUIDS['service']}/"
OURS = SERVICE.replace("/acme/", "/ours/")


def query(uri, since=None):
    return query_for(Need("service", uri, fresh=True, since=since))


@pytest.mark.parametrize(
    ("uri", "namespace", "path"),
    [(SERVICE, None, SERVICE), (SERVICE, "ours", OURS), (TUTUM, "ours", TUTUM)],
)
def test_an_object_is_asked_for_under_its_own_path(uri, namespace, path):
    assert query(uri).path(namespace) == path


@pytest.mark.parametrize(
    ("uri", "namespace", "path"),
    [
        (SERVICE, None, f"/api/audit/v1/action/?object={SERVICE}"),
        (SERVICE, "ours", f"/api/audit/v1/action/?object={OURS}"),  # actions never have one
        (TUTUM, None, f"/api/v1/action/?object={TUTUM}"),
    ],
)
def test_what_was_done_to_an_object_is_asked_of_the_list_of_actions(uri, namespace, path):
    expected = f"{path}&start_date__gte=2030-01-07T06:00:00Z&limit=100"

    assert query(uri, SINCE).path(namespace) == expected


def test_two_that_write_another_namespace_have_the_same_answer():
    assert query(SERVICE).key == query(OURS).key
    assert query(SERVICE, SINCE).key == query(OURS, SINCE).key
    assert query(SERVICE).key != query(SERVICE, SINCE).key


@pytest.mark.parametrize(
    ("kind", "uri"),
    [
        ("service", f"https://evil.example.com{SERVICE}"),
        ("service", f"//evil.example.com{SERVICE}"),
        ("service", f"/api/app/v1/../v1/service/{UUIDS['service']}/"),
        ("service", f"{SERVICE}redeploy/"),
        ("service", SERVICE.removesuffix("/")),
        ("service", f"{SERVICE}?a"),
        ("service", ""),
        ("container", SERVICE),
        ("action", f"/api/audit/v1/action/{UUIDS['service']}/"),
    ],
)
def test_what_is_no_uri_of_such_an_object_is_not_asked_for(kind, uri):
    assert query_for(Need(kind, uri, fresh=True)) is None
    assert query_for(Need(kind, uri, fresh=True, since=SINCE)) is None
