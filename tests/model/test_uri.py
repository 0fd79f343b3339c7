"""URIs of objects, read by their last two segments."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.uri import (
    TYPES,
    ObjectRef,
    as_action_uri,
    collection_path,
    comparable_uri,
    object_uri,
    parse_uri,
    read_uri,
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


@pytest.mark.parametrize(
    "text",
    [None, 1, "", "/", "action/1/", "/api/\r\n", "/api/ö/", "/api/a b/", "/" + "a" * 200],
)
def test_what_does_not_look_like_the_path_of_an_action_is_none(text):
    assert as_action_uri(text) is None


def test_the_path_of_an_action_is_kept():
    assert as_action_uri("/" + "a" * 199) == "/" + "a" * 199


@pytest.mark.parametrize(
    ("text", "path", "rest"),
    [
        (f"/api/app/v1/service/{ID}/", f"/api/app/v1/service/{ID}/", ""),
        (
            f"/api/app/v1/acme/service/{ID}/redeploy/",
            f"/api/app/v1/acme/service/{ID}/",
            "redeploy/",
        ),
        (f"/api/infra/v1/service/{ID.upper()}/", f"/api/app/v1/service/{ID}/", ""),
        (f"/api/v1/container/{ID}/", f"/api/v1/container/{ID}/", ""),
        (f"/api/audit/v1/acme/action/{ID}/", f"/api/audit/v1/action/{ID}/", ""),
    ],
)
def test_a_path_is_rebuilt_from_what_the_grammar_read(text, path, rest):
    uri, found = read_uri(text)

    assert (uri.path(None), found) == (path, rest)


def test_the_configured_namespace_wins():
    uri, _ = read_uri(f"/api/app/v1/acme/service/{ID}/")

    assert uri.path("other") == f"/api/app/v1/other/service/{ID}/"


@given(st.text(max_size=120))
def test_what_does_not_begin_with_a_uri_to_the_letter_is_none(text):
    assert read_uri(text) is None


@given(st.sampled_from([f"/api/app/v1/service/{ID}/", f"/api/v1/node/{ID}/"]), st.data())
def test_a_uri_with_any_other_character_in_it_is_not_read(uri, data):
    at = data.draw(st.integers(0, len(uri) - 1))
    other = data.draw(
        st.characters(exclude_characters="/-_", exclude_categories=["Ll", "Lu", "Nd"])
    )

    assert read_uri(uri[:at] + other + uri[at + 1 :]) is None


@pytest.mark.parametrize(
    ("namespace", "is_tutum", "path"),
    [
        (None, False, "/api/infra/v1/node/"),
        ("acme", False, "/api/infra/v1/acme/node/"),
        (None, True, "/api/v1/node/"),
    ],
)
def test_where_objects_are_listed(namespace, is_tutum, path):
    assert collection_path("node", namespace, is_tutum=is_tutum) == path
