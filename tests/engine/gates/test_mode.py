"""How firings of one key overlap."""

import pytest

from reactor.model.gates import Gates, Mode, Overlap
from reactor.model.match import Reason
from reactor.model.signal import DeliveryEnded
from tests.builders import an_action
from tests.decisions import World, stops


def world_of(overlap: Overlap, most: int = 2) -> World:
    gates = Gates(mode=Mode(overlap, most))
    return World(stops(actions=(an_action(gates=gates),)))


@pytest.mark.parametrize(
    ("overlap", "reasons"),
    [
        (Overlap.SINGLE, ["fired", "mode", "mode", "mode"]),
        (Overlap.QUEUED, ["fired", "waiting", "waiting", "mode"]),
        (Overlap.PARALLEL, ["fired", "fired", "mode", "mode"]),
    ],
)
def test_while_firings_are_under_way_others_wait_or_go(
    overlap: Overlap, reasons: list[str]
) -> None:
    world = world_of(overlap)

    assert reasons == [world.see(str(n), state="Stopped").reasons[0] for n in range(4)]


def test_the_end_of_a_delivery_lets_the_next_one_go() -> None:
    world = world_of(Overlap.QUEUED).see("one", state="Stopped")
    [first] = world.last.deliveries
    world.see("two", state="Stopped")

    world.hear(DeliveryEnded(first.id, first.source))

    assert world.told == [("two", "log", Reason.FIRED)]
    assert world.see("three", state="Stopped").reasons == [Reason.WAITING]


def test_after_the_end_a_single_one_may_fire_again() -> None:
    world = world_of(Overlap.SINGLE).see("one", state="Stopped")
    [first] = world.last.deliveries

    world.hear(DeliveryEnded(first.id, first.source))

    assert world.see("two", state="Stopped").reasons == [Reason.FIRED]


def test_a_rules_own_mode_waits_for_all_its_actions() -> None:
    actions = (an_action(name="a"), an_action(name="b"))
    world = World(stops(actions=actions, gates=Gates(mode=Mode(Overlap.SINGLE, 1))))
    a, b = world.see("one", state="Stopped").last.deliveries

    world.hear(DeliveryEnded(a.id, a.source))
    assert world.see("two", state="Stopped").reasons == [Reason.MODE, Reason.MODE]
    world.hear(DeliveryEnded(b.id, b.source))

    assert world.see("three", state="Stopped").reasons == [Reason.FIRED, Reason.FIRED]
