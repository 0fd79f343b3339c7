import pytest

from reactor.model.errors import SourceRefused
from reactor.model.secret import Secret
from reactor.platforms.tutum import read_tutum

AUTH = {"auth": Secret("Basic eA==")}
HOSTS = {"TUTUM_STREAM_HOST": "ws://hub:1/", "TUTUM_REST_HOST": "http://hub:2/"}
URLS = {"TUTUM_STREAM_URL": "ws://hub:3/v1/", "TUTUM_BASE_URL": "http://hub:4/api/v1/"}


@pytest.mark.parametrize(
    ("options", "environ", "stream", "rest"),
    [
        ({}, {}, "wss://stream.tutum.co", "https://dashboard.tutum.co"),
        ({}, HOSTS, "ws://hub:1", "http://hub:2"),
        ({}, HOSTS | URLS, "ws://hub:3", "http://hub:4"),
        (
            {"stream_host": "ws://own/", "rest_host": "http://own"},
            HOSTS | URLS,
            "ws://own",
            "http://own",
        ),
        ({"stream_host": ""}, {"DOCKERCLOUD_STREAM_HOST": "ws://x"}, "wss://stream.tutum.co", None),
    ],
)
def test_its_hosts_are_its_own_then_those_of_the_environment(options, environ, stream, rest):
    cloud = read_tutum(AUTH | options, environ)

    assert cloud.stream == stream
    assert cloud.url == cloud.address == f"{stream}/v1/events"
    assert rest is None or cloud.client().origin == rest


@pytest.mark.parametrize("name", URLS)
def test_a_url_of_the_environment_without_the_path_is_refused(name):
    with pytest.raises(SourceRefused, match=rf"^{name}: expected a URL that ends in /(api/)?v1/"):
        read_tutum(AUTH, {name: "http://user:secret@hub/"})


def test_it_has_no_namespaces():
    cloud = read_tutum(AUTH, {"DOCKERCLOUD_NAMESPACE": "acme"})

    assert (cloud.service, cloud.is_tutum, cloud.namespace) == ("Tutum", True, None)


def test_the_query_of_an_older_style_stands_beside_the_filter_and_in_no_other_field():
    wanted = {"filter": {"type": ("container",)}}

    cloud = read_tutum(wanted | {"auth": Secret("ApiKey ann:k&y")}, {})

    assert cloud.url == "wss://stream.tutum.co/v1/events?type=container"
    assert cloud.address == f"{cloud.url}&user=ann&token=k%26y"
    assert cloud.authorization == "ApiKey ann:k&y"
    assert cloud.filter.passes("container", "", [])
    assert not cloud.filter.passes("service", "", [])
