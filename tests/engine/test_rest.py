"""What a REST object tells, and what of it rules may see."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.rest import (
    LINKS,
    LONGEST_TEXT,
    changes,
    facts_of,
    is_about,
    read_object,
    stable_facts,
    stable_fields,
)
from reactor.model.event import PLATFORM_OBJECTS

UUID = "0b0e1f3c-1d2e-4f5a-8b9c-0d1e2f3a4b5c"
OTHER = "11111111-2222-4333-8444-555555555555"
URI = f"/api/app/v1/acme/container/{UUID}/"
SERVICE = f"/api/app/v1/acme/service/{OTHER}/"
NODE = f"/api/infra/v1/acme/node/{OTHER}/"

CONTAINER: dict[str, object] = {
    "uuid": UUID,
    "resource_uri": URI,
    "name": "web-1",
    "state": "Stopped",
    "image_name": "acme/web:1",
    "exit_code": 137,
    "autodestroy": False,
    "exit_code_msg": None,
    "run_command": "serve --port 80",
    "entrypoint": "/start",
    "roles": ["global"],
    "container_ports": [{"inner_port": 80}],
    "container_envvars": [{"key": "DB_PASSWORD", "value": "s3cret"}],
    "link_variables": {"DB_PASSWORD": "s3cret"},
    "linked_to_container": [{"name": "db", "endpoints": {"80/tcp": "tcp://u:s3cret@10.7.0.1"}}],
    "last_metric": {"cpu": 5},
    "service": SERVICE,
    "node": None,
}

REST = st.dictionaries(
    st.sampled_from([*CONTAINER, "tags", "nickname", "stack", "node_cluster", "uri", "other"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([URI, SERVICE]),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "a"]), inner),
    ),
)


def test_rules_see_scalars_and_never_environment_or_links():
    assert facts_of("container", CONTAINER) == {
        "uuid": UUID,
        "uri": URI,
        "name": "web-1",
        "state": "Stopped",
        "image_name": "acme/web:1",
        "image": "acme/web:1",
        "exit_code": 137,
        "autodestroy": False,
        "exit_code_msg": None,
        "run_command": "serve --port 80",
        "entrypoint": "/start",
        "roles": ["global"],
        "service": SERVICE,
        "node": None,
    }


@pytest.mark.parametrize(
    ("rest", "field", "value"),
    [
        ({"tags": [{"name": "a"}, {"name": "b"}, {"id": 1}, 5]}, "tags", ["a", "b"]),
        ({"tags": ["a"]}, "tags", ["a"]),
        ({"tags": []}, "tags", []),
        ({"note": "x" * LONGEST_TEXT}, "note", "x" * LONGEST_TEXT),
        ({"name": "a", "nickname": "b"}, "name", "a"),
        ({"name": "", "nickname": "b"}, "name", "b"),
        ({"nickname": None, "external_fqdn": "n1.example.com"}, "name", "n1.example.com"),
        ({"name": 5}, "name", None),
        ({}, "name", None),
        ({}, "service", None),
        ({"service": SERVICE}, "service", SERVICE),
        ({"service": {"name": "web"}}, "service", None),
        ({"resource_uri": URI}, "uuid", UUID),
    ],
)
def test_a_fact_is_taken_as_rest_tells_it(rest, field, value):
    assert facts_of("container", rest)[field] == value


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ({"note": "x" * (LONGEST_TEXT + 1)}, "note"),
        ({"notes": ["a", "x" * (LONGEST_TEXT + 1)]}, "notes"),
        ({"notes": [["a"]]}, "notes"),
        ({"tags": {"name": "a"}}, "tags"),
        ({"resource_uri": SERVICE}, "uri"),
        ({"resource_uri": URI + "x"}, "uri"),
        ({"resource_uri": "http://evil.example.com" + URI}, "uri"),
        ({"uri": URI}, "uri"),
        ({"uuid": UUID}, "uuid"),
        ({}, "image"),
    ],
)
def test_what_is_no_fact_is_left_out(rest, field):
    assert field not in facts_of("container", rest)


@given(st.sampled_from(PLATFORM_OBJECTS), REST)
def test_every_stable_field_but_the_identity_is_always_told(kind, rest):
    told, stable = facts_of(kind, rest), stable_facts(kind, rest)

    assert {"name", *LINKS[kind]} <= stable.keys() <= set(stable_fields(kind))
    assert told | stable == told
    assert not any(isinstance(value, dict) for value in told.values())


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (URI, True),
        (f"/api/app/v1/container/{UUID}/", True),
        (f"/api/v1/container/{UUID}/", True),
        (SERVICE, False),
        (URI + "logs/", False),
        (URI.removesuffix("/"), False),
        ("/api/app/v1/container/c-1/", False),
        (None, False),
        (5, False),
    ],
)
def test_requests_are_made_from_a_uri_of_that_kind_only(uri, expected):
    assert (read_object("container", uri) is not None) is expected


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        (CONTAINER, True),
        ({}, True),
        ({"uuid": UUID.upper()}, True),
        ({"uuid": None, "resource_uri": f"/api/app/v1/container/{UUID.upper()}"}, True),
        ({"uuid": OTHER}, False),
        ({"uuid": UUID, "resource_uri": URI.replace(UUID, OTHER)}, False),
        ({"resource_uri": f"/api/app/v1/service/{UUID}/"}, False),
        ({"resource_uri": "no uri"}, True),
    ],
)
def test_an_object_that_claims_to_be_another_is_not_the_one_asked_for(rest, expected):
    asked = read_object("container", URI)

    assert asked is not None
    assert is_about(rest, asked) is expected


def test_it_tells_when_it_changed():
    rest = {
        "started_datetime": "Thu, 16 Oct 2031 12:04:08 +0000",
        "stopped_datetime": None,
        "deployed_datetime": "2031-10-16T12:04:09Z",
        "destroyed_datetime": "yesterday",
        "last_seen": "Thu, 16 Oct 2031 13:00:00 +0000",
    }

    assert [*changes(rest)] == [
        datetime(2031, 10, 16, 12, 4, 8, tzinfo=UTC),
        datetime(2031, 10, 16, 12, 4, 9, tzinfo=UTC),
    ]
