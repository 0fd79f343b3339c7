"""Ids and bodies of promises; see also test_plan.py."""

import msgspec

from reactor.engine.promise import delivery_id, incident_id
from reactor.model.gates import Gates, Phase
from tests.builders import an_action, an_event
from tests.decisions import MINUTE, Is, World, stops

HOOK = an_action(
    name="webhook",
    type="webhook",
    value=None,
    destination="ops",
    when=(Phase.OPENED, Phase.REPEATED, Phase.RESOLVED),
)


def body(world: World) -> dict[str, object]:
    [delivery] = world.last.deliveries
    return dict(msgspec.json.decode(str(delivery.request.body[0])))


def test_the_id_of_a_firing_without_an_event_is_of_its_time() -> None:
    rule = stops(absent=MINUTE, actions=(HOOK,), gates=Gates(marks={"absent": "m"}))
    world = World(rule).see("one", state="Stopped")

    told = body(world.at(MINUTE))
    world.see("two", state="Stopped")
    again = body(world.at(2 * MINUTE))

    assert told["event"] is None
    assert told["id"] != again["id"]


def test_the_end_of_an_incident_is_another_promise_and_says_what_it_ends() -> None:
    world = World(stops(resolve=Is("state", "Running"), actions=(HOOK,)))

    [opened] = world.see("one", state="Stopped").last.deliveries
    [resolved] = world.see("up", state="Running").last.deliveries

    assert opened.id != resolved.id
    told = msgspec.json.decode(str(resolved.request.body[0]))["incident"]
    assert (told["phase"], told["count"], told["since"]) == (
        "resolved",
        1,
        "2031-05-06T10:20:30.000000Z",
    )


def test_ids_never_look_alike() -> None:
    event = an_event(uuid="e")

    assert delivery_id("a", "b", event, "[]") != delivery_id("a,b", "", event, "[]")
    assert incident_id("r", "[]", "s", "e") != incident_id("r", "[]", "se", "")
