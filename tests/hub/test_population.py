from collections import Counter

from reactor.hub.population import populate
from reactor.hub.things import Container, Service, Stack
from reactor.hub.world import World
from tests.hub.fleets import START, a_world


def populated(seed):
    world = World(seed=seed, now=START, namespace=None, announce=print)
    populate(world, seed)
    return world


def test_the_fleet_begins_without_a_frame():
    _, frames = a_world()

    assert frames == []


def test_exactly_one_service_is_called_web_and_one_has_no_stack():
    world, _ = a_world()
    services = world.all(Service)

    assert [service.name for service in services].count("web") == 1
    assert [service.name for service in services if service.stack is None] == ["backup"]
    assert [stack.name for stack in world.all(Stack)] == ["shop", "blog"]


def test_containers_are_spread_over_the_nodes():
    world, _ = a_world()

    counts = Counter(container.node for container in world.all(Container))

    assert len(counts) == 3
    assert max(counts.values()) - min(counts.values()) <= 1


def test_the_same_seed_populates_the_same_and_another_does_not():
    first, again, other = (populated(seed).all(Container) for seed in (1, 1, 2))

    assert first == again
    assert not {each.uuid for each in first} & {each.uuid for each in other}
