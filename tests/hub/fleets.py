"""Simulated fleets for tests, and what they say."""

from datetime import UTC, datetime, timedelta

from reactor.hub.fleet import Call, Fleet, Frame, Object
from reactor.hub.population import populate
from reactor.hub.simulated import SimulatedFleet
from reactor.hub.things import Service
from reactor.hub.world import World

START = datetime(2030, 1, 7, 12, 34, 56, tzinfo=UTC)
A_WHILE = timedelta(seconds=20)
"""Longer than anything that a call or a crash of these tests begins."""


def a_fleet(*, seed: int = 7, namespace: str | None = None) -> SimulatedFleet:
    return SimulatedFleet(seed=seed, now=START, namespace=namespace)


def heard(fleet: Fleet) -> list[Frame]:
    """The frames of the fleet from now on, as they come."""
    frames: list[Frame] = []
    fleet.listen(frames.append)
    return frames


def named(fleet: Fleet, kind: str, name: str) -> Object:
    """The youngest object of that name."""
    return [each for each in fleet.objects(kind) if each["name"] == name][-1]


def uuid_of(fleet: Fleet, kind: str, name: str) -> str:
    return str(named(fleet, kind, name)["uuid"])


def a_call(verb: str, **changes: object) -> Call:
    return Call(
        verb=verb,
        method="POST",
        path=f"/api/app/v1/service/x/{verb}/",
        user_agent="reactor-tests/1",
        ip="127.0.0.1",
        changes=changes,
    )


def operate(fleet: Fleet, kind: str, name: str, verb: str, **changes: object) -> str | None:
    return fleet.operate(kind, uuid_of(fleet, kind, name), a_call(verb, **changes))


def told(frames: list[Frame], kind: str) -> list[tuple[object, object]]:
    """Action and state of the frames of one type, in order."""
    return [(frame["action"], frame["state"]) for frame in frames if frame["type"] == kind]


def a_world() -> tuple[World, list[Frame]]:
    """A populated world and its frames from now on."""
    frames: list[Frame] = []
    world = World(seed=7, now=START, namespace=None, announce=frames.append)
    populate(world, 7)
    return world, frames


def service_named(world: World, name: str) -> Service:
    return next(service for service in world.all(Service) if service.name == name)


def pass_time(world: World, seconds: float = A_WHILE.total_seconds()) -> None:
    world.timeline.advance(world.now + timedelta(seconds=seconds))
