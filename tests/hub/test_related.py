"""Which objects belong together."""

import pytest

from reactor.hub.related import related
from reactor.model.uri import comparable_uri
from tests.hub.fleets import a_fleet, named

FLEET = a_fleet(namespace="acme")


def uri(kind, name):
    return named(FLEET, kind, name)["resource_uri"]


SHOP = [
    ("stack", "shop"),
    *(("service", name) for name in ("web", "worker", "db")),
    *(("container", f"web-{number}") for number in (1, 2, 3)),
    *(("container", f"worker-{number}") for number in (1, 2)),
    ("container", "db-1"),
]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (("container", "db-1"), [("container", "db-1"), ("service", "db"), ("stack", "shop")]),
        (("service", "db"), [("container", "db-1"), ("service", "db"), ("stack", "shop")]),
        (("service", "backup"), [("service", "backup"), ("container", "backup-1")]),
        (("stack", "shop"), SHOP),
    ],
)
def test_an_object_belongs_to_what_is_above_it_and_below(one, expected):
    assert related(FLEET, uri(*one)) == {comparable_uri(uri(*each)) for each in expected}


def test_a_cluster_has_its_nodes_and_a_node_its_cluster():
    cluster = uri("nodecluster", "production")
    nodes = [node["resource_uri"] for node in FLEET.objects("node")]

    assert related(FLEET, cluster) == set(map(comparable_uri, [cluster, *nodes]))
    assert related(FLEET, nodes[0]) == set(map(comparable_uri, [nodes[0], cluster]))


@pytest.mark.parametrize(
    "unknown", ["", "web", "/api/app/v1/service/00000000-0000-4000-8000-000000000000/"]
)
def test_what_is_not_there_belongs_to_nothing(unknown):
    assert related(FLEET, unknown) == {comparable_uri(unknown)}
