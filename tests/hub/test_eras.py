"""URIs as each of the old APIs wrote them."""

import pytest

from reactor.hub.eras import as_tutum, tutum_uri


@pytest.mark.parametrize(
    ("uri", "tutums"),
    [
        ("/api/app/v1/service/x/", "/api/v1/service/x/"),
        ("/api/app/v1/acme/service/x/", "/api/v1/service/x/"),
        ("/api/app/v1/acme/service/", "/api/app/v1/acme/service/"),
        ("/api/infra/v1/acme/nodecluster/x/", "/api/v1/nodecluster/x/"),
        ("/api/infra/v1/region/aws/us-1/", "/api/v1/region/aws/us-1/"),
        ("/api/audit/v1/action/x/", "/api/v1/action/x/"),
        ("/api/app/v1/acme/service/x/trigger/y/call/", "/api/v1/service/x/trigger/y/call/"),
        ("/api/v1/service/x/", "/api/v1/service/x/"),
        ("tcp://web-1:80/", "tcp://web-1:80/"),
        ("", ""),
    ],
)
def test_tutum_had_neither_subsystem_nor_namespace(uri, tutums):
    assert tutum_uri(uri) == tutums


def test_all_uris_of_an_object_are_written_so():
    told = {
        "service": "/api/app/v1/acme/service/x/",
        "containers": ["/api/app/v1/container/y/"],
        "linked_to_container": [{"to_container": "/api/app/v1/container/z/"}],
        "exit_code": 0,
        "stack": None,
    }

    assert as_tutum(told) == {
        "service": "/api/v1/service/x/",
        "containers": ["/api/v1/container/y/"],
        "linked_to_container": [{"to_container": "/api/v1/container/z/"}],
        "exit_code": 0,
        "stack": None,
    }


def test_what_somebody_else_wrote_stays_so():
    uri = "/api/app/v1/acme/service/x/"
    told = {"container_envvars": [{"key": "A", "value": uri}], "path": uri, "labels": {"a": uri}}

    assert as_tutum(told) == told
