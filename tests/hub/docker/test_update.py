import pytest

from reactor.hub.docker.update import wanted
from reactor.hub.fleet import NotAllowed
from tests.hub.docker.samples import C1, WEB, an_entry


@pytest.mark.parametrize(("changes", "count"), [({"target_num_containers": 3}, 3), ({}, None)])
def test_a_service_may_want_another_number(changes, count):
    assert wanted(an_entry("service", WEB), changes) == count


@pytest.mark.parametrize("value", [-1, 101, True, "3", None, 1.0])
def test_what_is_no_number_of_containers_is_refused(value):
    with pytest.raises(NotAllowed, match="target_num_containers is a number from 0 to 100"):
        wanted(an_entry("service", WEB), {"target_num_containers": value})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (an_entry("container", C1), "A container has no fields"),
        (an_entry("service", WEB, "Terminating"), "No actions allowed in this state"),
        (an_entry("service", WEB), "'image' cannot be changed on Docker"),
    ],
)
def test_all_else_is_refused(entry, why):
    with pytest.raises(NotAllowed, match=why):
        wanted(entry, {"target_num_containers": 3, "image": "nginx:2"})
