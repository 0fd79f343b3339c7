"""What the old clients ask of a hub, asked of one with a simulated fleet."""

import pytest

from tests.hub.fleets import A_WHILE, START, a_fleet, named
from tests.hub.replay import Examinee, replay, stories
from tests.hub.served import KEY, USER, Served


class Simulation:
    """A simulated fleet, and a clock that goes on when the exam says so."""

    def __init__(self) -> None:
        self.now = START
        self.fleet = a_fleet(namespace="acme")

    def settle(self) -> None:
        self.now += A_WHILE
        self.fleet.advance(self.now)

    def things(self) -> dict[str, str]:
        self.settle()
        service = named(self.fleet, "service", "web")
        stack = named(self.fleet, "stack", "shop")
        running = self.fleet.running("web")[0]
        container = self.fleet.find("container", running)
        return {
            "service": service["uuid"],
            "service_name": service["name"],
            "service_uri": service["resource_uri"],
            "stack": stack["uuid"],
            "stack_name": stack["name"],
            "stack_uri": stack["resource_uri"],
            "container": running,
            "node": str(container["node"]).split("/")[-2],
            "spare": named(self.fleet, "service", "backup")["uuid"],
        }


@pytest.fixture(scope="module")
def examinee():
    simulation = Simulation()
    with Served(simulation.fleet, now=lambda: simulation.now) as served:
        yield Examinee(
            address=served.hub.address,
            user=USER,
            key=KEY,
            things=simulation.things,
            settle=simulation.settle,
        )


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.title)
def test_what_the_old_clients_ask_is_answered_as_they_need_it(story, examinee):
    replay(story, examinee)
