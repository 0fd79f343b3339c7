import pytest

from reactor.model.errors import SourceRefused
from reactor.model.uri import object_uri
from reactor.platforms.cloud import read_cloud

AUTH = {"auth": "Basic eA=="}
CONTAINER = object_uri("container", "7eaf7fff-882c-4f3d-9a8f-a22317ac00ce")
SERVICE = object_uri("service", "7eaf7fff-882c-4f3d-9a8f-a22317ac00ce")


def a_filter(**wanted):
    return read_cloud({**AUTH, "filter": wanted}, {}).filter


def test_without_settings_it_is_the_public_service():
    cloud = read_cloud(AUTH, {})

    assert cloud.stream == "wss://ws.cloud.docker.com"
    assert cloud.url == "wss://ws.cloud.docker.com/api/audit/v1/events/"
    assert cloud.client().origin == "https://cloud.docker.com"
    assert (cloud.namespace, cloud.authorization) == (None, "Basic eA==")


def test_the_environment_of_the_old_tools_is_read():
    environ = {
        "DOCKERCLOUD_STREAM_HOST": "ws://hub:8080/",
        "DOCKERCLOUD_REST_HOST": "http://hub:8080/",
        "DOCKERCLOUD_NAMESPACE": "acme",
        "DOCKERCLOUD_AUTH": "Basic eQ==",
    }

    cloud = read_cloud({}, environ)

    assert cloud.url == "ws://hub:8080/api/audit/v1/acme/events/"
    assert cloud.client().origin == "http://hub:8080"
    assert cloud.client().namespace == "acme"
    assert cloud.authorization == "Basic eQ=="


def test_settings_win_over_the_environment_and_empty_ones_do_not():
    environ = {"DOCKERCLOUD_STREAM_HOST": "ws://env/", "DOCKERCLOUD_NAMESPACE": "env"}

    cloud = read_cloud({**AUTH, "stream_host": "ws://own", "namespace": ""}, environ)

    assert cloud.url == "ws://own/api/audit/v1/env/events/"


def test_the_filter_is_sent_comma_joined_and_encoded():
    wanted = {"type": ("container, service", "action"), "object": (CONTAINER,), "parent": ()}

    cloud = read_cloud({**AUTH, "filter": wanted}, {})

    assert cloud.url.partition("?")[2] == (
        "type=container%2Cservice%2Caction&object=%2Fapi%2Fapp%2Fv1%2Fcontainer%2F"
        "7eaf7fff-882c-4f3d-9a8f-a22317ac00ce%2F"
    )


@pytest.mark.parametrize(
    ("wanted", "passes"),
    [
        ({}, True),
        ({"type": ("container",)}, True),
        ({"type": ("service", "container")}, True),  # any within one
        ({"type": ("service",)}, False),
        ({"object": (CONTAINER,)}, True),
        ({"object": (SERVICE,)}, False),
        ({"parent": (SERVICE.replace("/v1/", "/v1/acme/").rstrip("/"),)}, True),
        ({"parent": (CONTAINER,)}, False),
        ({"type": ("container",), "object": (CONTAINER,), "parent": (SERVICE,)}, True),
        (
            {"type": ("service",), "object": (CONTAINER,), "parent": (SERVICE,)},
            False,
        ),  # all of them
    ],
)
def test_a_filter_wants_any_within_one_and_all_together(wanted, passes):
    assert a_filter(**wanted).passes("container", CONTAINER, [7, SERVICE]) is passes


@pytest.mark.parametrize("odd", [None, 7, ["container"], {"container": 1}])
def test_what_is_no_text_is_not_wanted(odd):
    assert not a_filter(type=("container",)).passes(odd, CONTAINER, [])
    assert not a_filter(object=(CONTAINER,)).passes("container", odd, [])
    assert not a_filter(parent=(SERVICE,)).passes("container", CONTAINER, odd)
    assert a_filter().passes(odd, odd, odd)


@pytest.mark.parametrize("namespace", ["a/b", "..", "ü", "a b", "a" * 65])
def test_a_namespace_that_no_path_can_hold_is_refused(namespace):
    with pytest.raises(SourceRefused, match=r"^namespace: expected letters"):
        read_cloud({**AUTH, "namespace": namespace}, {})


def test_a_rest_host_that_is_more_than_a_host_is_refused():
    with pytest.raises(SourceRefused, match=r"^rest_host: expected https://HOST"):
        read_cloud({**AUTH, "rest_host": "http://user:pass@hub/path"}, {}).client()
