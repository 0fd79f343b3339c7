"""URIs of objects, read by their last two segments."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.uri import (
    TYPES,
    ObjectRef,
    comparable_uri,
    object_uri,
    parse_uri,
    stable_uuid,
)

ID = "0b0e3538-88df-4f07-9aed-3a3cc4175076"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"/api/app/v1/service/{ID}/", "service"),
        (f"/api/app/v1/acme/service/{ID}/", "service"),  # with a namespace
        (f"/api/v1/container/{ID}/", "container"),  # the ancestor's, without a subsystem
        (f"/api/infra/v1/node/{ID}", "node"),  # without the slash
        (f"/api/audit/v1/action/{ID}/", "action"),
    ],
)
def test_a_uri_names_its_object(text, kind):
    assert parse_uri(text) == ObjectRef(kind, ID)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        f"https://evil.example/api/app/v1/service/{ID}/",
        f"//evil.example/api/app/v1/service/{ID}/",
        f"api/app/v1/service/{ID}/",
        f"/api/app/v1/volume/{ID}/",  # no such type
        f"/service/{ID}/",
        "/api/app/v1/service/",
    ],
)
def test_what_is_no_uri_of_ours_names_nothing(text):
    assert parse_uri(text) is None


@pytest.mark.parametrize("kind", TYPES)
def test_an_objects_uri_is_read_back(kind):
    assert parse_uri(object_uri(kind, ID)) == ObjectRef(kind, ID)


def test_two_uris_of_one_object_compare_equal():
    assert comparable_uri(f"/api/app/v1/acme/service/{ID}/") == comparable_uri(
        f"/api/app/v1/service/{ID}"
    )


def test_other_texts_compare_without_their_slash():
    assert comparable_uri("/elsewhere/") == comparable_uri("/elsewhere") == "/elsewhere"


@given(st.lists(st.text(), min_size=1))
def test_a_stable_uuid_has_the_form_of_version_4(parts):
    uuid = UUID(stable_uuid(*parts))

    assert (uuid.version, uuid.variant) == (4, "specified in RFC 4122")


def test_a_stable_uuid_is_the_same_at_every_start():
    assert stable_uuid("container", "abc") == "41c9314f-afe2-419c-b981-07d22e863a43"


def test_a_stable_uuid_tells_where_one_part_ends():
    assert stable_uuid("a", "bc") != stable_uuid("ab", "c")
