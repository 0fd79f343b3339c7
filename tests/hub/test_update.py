import pytest

from reactor.hub.fleet import NotAllowed
from tests.hub.fleets import A_WHILE, START, a_fleet, heard, named, operate


def test_another_number_of_containers_only_desynchronises():
    fleet = a_fleet()
    frames = heard(fleet)

    assert operate(fleet, "service", "web", "update", target_num_containers=5) is None

    web = named(fleet, "service", "web")
    assert (web["target_num_containers"], web["current_num_containers"]) == (5, 3)
    assert web["synchronized"] is False
    assert named(fleet, "stack", "shop")["synchronized"] is False
    assert frames == []


def test_the_number_that_it_has_changes_nothing():
    fleet = a_fleet()

    operate(fleet, "service", "web", "update", target_num_containers=3)

    assert named(fleet, "service", "web")["synchronized"] is True


@pytest.mark.parametrize(
    ("changes", "field", "shown", "synchronized"),
    [
        ({"autorestart": "OFF"}, "autorestart", "OFF", False),
        ({"image": "acme/web:3"}, "image_name", "acme/web:3", False),
        ({"nickname": "front door"}, "nickname", "front door", True),
        ({"tags": [{"name": "eu"}]}, "tags", [{"name": "eu"}], True),
        ({"tags": ["eu", "us"]}, "tags", [{"name": "eu"}, {"name": "us"}], True),
    ],
)
def test_a_field_of_a_service_is_changed(changes, field, shown, synchronized):
    fleet = a_fleet()

    operate(fleet, "service", "web", "update", **changes)

    web = named(fleet, "service", "web")
    assert web[field] == shown
    assert web["synchronized"] is synchronized


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target_num_containers": "3"}, "target_num_containers is a number from 0 to 100"),
        ({"target_num_containers": True}, "target_num_containers is a number"),
        ({"target_num_containers": -1}, "target_num_containers is a number"),
        ({"target_num_containers": 101}, "target_num_containers is a number"),
        ({"autorestart": "SOMETIMES"}, "autorestart is one of OFF, ON_FAILURE, ALWAYS"),
        ({"autorestart": ["OFF"]}, "autorestart is one of"),
        ({"image": ""}, "image is the name of an image"),
        ({"nickname": 3}, "nickname is text"),
        ({"tags": "eu"}, "tags is a list"),
        ({"tags": [{"nom": "eu"}]}, "tags is a list"),
        ({"uuid": "x"}, "'uuid' cannot be changed here; possible: target_num_containers, "),
    ],
)
def test_another_value_or_field_is_refused_and_nothing_changed(changes, sentence):
    fleet = a_fleet()
    before = named(fleet, "service", "web")

    with pytest.raises(NotAllowed, match=sentence):
        operate(fleet, "service", "web", "update", **{"image": "new", **changes})

    assert named(fleet, "service", "web") == before


def test_other_types_have_nothing_to_change():
    with pytest.raises(NotAllowed, match="A stack has no fields that can be changed here"):
        operate(a_fleet(), "stack", "shop", "update", nickname="x")


def test_what_is_terminated_changes_no_more():
    fleet = a_fleet()
    operate(fleet, "service", "web", "terminate")
    fleet.advance(START + A_WHILE)

    with pytest.raises(NotAllowed, match="the service is Terminated"):
        operate(fleet, "service", "web", "update", nickname="x")
