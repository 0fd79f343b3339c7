"""A stack as a stackfile."""

from reactor.hub.export import stackfile
from tests.hub.fleets import A_WHILE, START, a_fleet, named, operate


def exported(fleet):
    return stackfile(fleet, named(fleet, "stack", "shop"))


def test_a_stackfile_has_each_service_with_what_it_is_run_by():
    file = exported(a_fleet(namespace="acme"))

    assert list(file) == ["web", "worker", "db"]
    assert file["web"] == {
        "image": "acme/shop-web:2.4.1",
        "target_num_containers": 3,
        "autorestart": "ALWAYS",
        "deployment_strategy": "EMPTIEST_NODE",
        "environment": {"DB_HOST": "db"},
        "ports": ["80:80"],
    }


def test_what_is_empty_is_left_out():
    assert "ports" not in exported(a_fleet())["worker"]


def test_a_service_that_is_terminated_is_left_out():
    fleet = a_fleet()
    operate(fleet, "service", "web", "terminate")
    fleet.advance(START + A_WHILE)

    assert list(exported(fleet)) == ["worker", "db"]
