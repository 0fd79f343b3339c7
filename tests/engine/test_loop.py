"""The loop guard: a rule that fires on its own consequences is stopped."""

from datetime import timedelta

from reactor.engine.loop import AFTERMATH, DEEPEST
from reactor.model.match import Reason
from reactor.model.rule import Rule
from reactor.model.signal import CallBegan, DeliveryEnded
from tests.builders import an_action
from tests.decisions import World, stops

SERVICE = "/api/app/v1/service/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
REDEPLOYS: Rule = stops(actions=(an_action(name="redeploy", type="redeploy", value="self"),))


def fires_and_calls(world: World, number: int, uri: str = SERVICE) -> list[Reason]:
    """One more crash of the service, and the call that it leads to."""
    reasons = world.see(f"crash {number}", state="Stopped", resource_uri=uri).reasons
    for delivery in world.last.deliveries:
        world.hear(CallBegan(delivery.id, delivery.source, uri))
        world.hear(DeliveryEnded(delivery.id, delivery.source, "/api/audit/v1/action/1/"))
    world.now += timedelta(seconds=10)
    return reasons


def test_a_rule_fires_on_its_own_consequences_three_times_and_no_more() -> None:
    world = World(REDEPLOYS)

    reasons = [fires_and_calls(world, number) for number in range(DEEPEST + 3)]

    assert reasons == [[Reason.FIRED]] * (DEEPEST + 1) + [[Reason.LOOP_GUARD]] * 2


def test_it_is_said_once() -> None:
    world = World(REDEPLOYS)
    said = []
    for number in range(DEEPEST + 4):
        world.see(f"crash {number}", state="Stopped", resource_uri=SERVICE)
        said += world.notices
        for delivery in world.last.deliveries:
            world.hear(CallBegan(delivery.id, delivery.source, SERVICE))

    assert said == [
        "rule 'stops' is held back by the loop guard: its own calls led to this 4 times in a row"
    ]


def test_what_happens_long_after_a_call_is_no_consequence() -> None:
    world = World(REDEPLOYS)
    for number in range(10):
        assert fires_and_calls(world, number) == [Reason.FIRED]
        world.now += AFTERMATH


def test_another_object_is_not_concerned() -> None:
    world = World(REDEPLOYS)
    for number in range(10):
        other = SERVICE.replace("0b0e2a4c", f"0b0e2a4{number}")
        assert fires_and_calls(world, number, other) == [Reason.FIRED]


def test_a_call_that_was_never_made_causes_nothing() -> None:
    world = World(REDEPLOYS)

    assert {
        world.see(str(number), state="Stopped", resource_uri=SERVICE).reasons[0]
        for number in range(10)
    } == {Reason.FIRED}


def test_consequences_are_known_by_the_parents_and_by_the_action_too() -> None:
    action = "/api/audit/v1/action/7d5f2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
    for frame in ({"parents": [SERVICE]}, {"resource_uri": action}):
        world = World(REDEPLOYS).see("crash", state="Stopped", resource_uri=SERVICE)
        [delivery] = world.last.deliveries
        world.hear(CallBegan(delivery.id, delivery.source, SERVICE))
        world.hear(DeliveryEnded(delivery.id, delivery.source, action))

        [row] = world.see("after", state="Stopped", **frame).last.evaluations

        assert row.gates[0]["cause"] == delivery.id
