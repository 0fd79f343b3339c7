import pytest

from reactor.hub.docker.register import Register
from reactor.hub.docker.update import update
from reactor.hub.fleet import NotAllowed
from tests.hub.docker.samples import C1, WEB, an_entry


@pytest.fixture
def register():
    return Register(namespace=None, announce=lambda _: None)


def test_a_service_wants_another_number_and_gets_it_later(register):
    update(register, an_entry("service", WEB), {"target_num_containers": 3})

    assert register.wanted == {WEB: 3}


@pytest.mark.parametrize("value", [-1, 101, True, "3", None, 1.0])
def test_what_is_no_number_of_containers_is_refused(register, value):
    with pytest.raises(NotAllowed, match="target_num_containers is a number from 0 to 100"):
        update(register, an_entry("service", WEB), {"target_num_containers": value})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (an_entry("container", C1), "A container has no fields"),
        (an_entry("service", WEB, "Terminating"), "No actions allowed in this state"),
        (an_entry("service", WEB), "'image' cannot be changed on Docker"),
    ],
)
def test_all_else_is_refused_and_nothing_is_changed(register, entry, why):
    with pytest.raises(NotAllowed, match=why):
        update(register, entry, {"target_num_containers": 3, "image": "nginx:2"})

    assert register.wanted == {}
