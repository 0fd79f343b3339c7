"""Where nodes stand, as the nodes themselves tell."""

import pytest

from reactor.hub.places import places
from tests.hub.fleets import a_fleet
from tests.hub.served import SpokenFleet

NODE = {
    "region": "/api/infra/v1/region/aws/us-1/",
    "node_type": "/api/infra/v1/nodetype/aws/small/",
    "availability_zone": "/api/infra/v1/az/aws/us-1/us-1a/",
}
FLEET = SpokenFleet(
    node=[NODE, {**NODE, "node_type": "/api/infra/v1/nodetype/aws/large/"}, {"region": None}]
)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("provider", ["aws"]),
        ("region", ["us-1"]),
        ("nodetype", ["large", "small"]),
        ("az", ["us-1a"]),
    ],
)
def test_each_place_that_a_node_names_is_listed_once(kind, names):
    assert [place["name"] for place in places(FLEET, kind)] == names


def test_a_region_names_what_is_in_it():
    assert places(FLEET, "region") == [
        {
            "resource_uri": "/api/infra/v1/region/aws/us-1/",
            "name": "us-1",
            "label": "us-1",
            "available": False,
            "provider": "/api/infra/v1/provider/aws/",
            "node_types": [
                "/api/infra/v1/nodetype/aws/large/",
                "/api/infra/v1/nodetype/aws/small/",
            ],
            "availability_zones": ["/api/infra/v1/az/aws/us-1/us-1a/"],
        }
    ]


def test_a_zone_is_in_one_region():
    assert places(FLEET, "az")[0]["region"] == "/api/infra/v1/region/aws/us-1/"


def test_nodes_that_name_no_place_are_nowhere():
    assert places(SpokenFleet(node=[{"region": None}]), "region") == []


def test_the_simulated_nodes_have_a_region_and_a_type():
    fleet = a_fleet()
    (node, *_) = fleet.objects("node")

    assert [place["resource_uri"] for place in places(fleet, "region")] == [node["region"]]
    assert [place["resource_uri"] for place in places(fleet, "nodetype")] == [node["node_type"]]
