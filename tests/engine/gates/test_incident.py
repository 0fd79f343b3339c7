"""Firings of one key, from the first until the condition ends."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from reactor.engine.template import compile_template
from reactor.model.gates import Gates, Hours, Otherwise, Phase
from reactor.model.interval import Interval
from reactor.model.match import Reason
from reactor.model.protocols import Landing
from tests.builders import an_action
from tests.decisions import MINUTE, Is, World, stops

TOLD = an_action(
    parameters={"text": compile_template("{{ incident.phase }} {{ incident.count }}", Landing.TEXT)}
)
EVERY = (Phase.OPENED, Phase.REPEATED, Phase.RESOLVED)


def phases(world: World) -> list[Phase]:
    return [joined.phase for joined in world.last.joined]


def test_a_firing_opens_it_another_joins_and_the_event_that_is_named_resolves_it() -> None:
    world = World(stops(resolve=Is("state", "Running")))
    assert phases(world.see("one", state="Stopped")) == [Phase.OPENED]
    assert phases(world.see("two", state="Stopped")) == [Phase.REPEATED]

    assert phases(world.see("up", state="Running")) == [Phase.RESOLVED]

    assert phases(world.see("up again", state="Running")) == []
    assert phases(world.see("three", state="Stopped")) == [Phase.OPENED]


def test_an_action_fires_at_the_phases_that_it_names() -> None:
    first, last = (
        an_action(name="first", when=(Phase.OPENED,)),
        an_action(name="last", when=(Phase.RESOLVED,)),
    )
    world = World(stops(resolve=Is("state", "Running"), actions=(first, last)))

    assert world.see("one", state="Stopped").reasons == [Reason.FIRED, Reason.INCIDENT]
    assert world.see("two", state="Stopped").reasons == [Reason.INCIDENT, Reason.INCIDENT]
    assert world.see("up", state="Running").told == [("up", "last", Reason.FIRED)]


def test_templates_see_how_it_stands() -> None:
    action = an_action(parameters=TOLD.parameters, when=EVERY)
    world = World(stops(resolve=Is("state", "Running"), actions=(action,)))

    told = [
        world.see(str(number), state=state).last.deliveries[0].request.body
        for number, state in enumerate(["Stopped", "Stopped", "Running"])
    ]

    assert told == [("opened 1",), ("repeated 2",), ("resolved 2",)]


def test_what_lasts_is_an_incident_until_it_ends() -> None:
    action = an_action(when=EVERY)
    world = World(stops(gates=Gates(lasting=MINUTE), actions=(action,)))
    world.see("one", state="Stopped")
    assert phases(world.at(MINUTE)) == [Phase.OPENED]

    world.see("up", state="Running")

    assert (phases(world), world.reasons) == ([Phase.RESOLVED], [Reason.FIRED])


NIGHT = Hours(
    {"night": Interval(zone=ZoneInfo("UTC"), begin=time(10), end=time(11, 20, 30))},
    inside=False,
    otherwise=Otherwise.HOLD,
)
MORNING = timedelta(hours=1)


def by_night() -> World:
    """Both ends of an incident wait for the morning."""
    gates = Gates(hours=(NIGHT,))
    down = an_action(name="down", gates=gates, when=(Phase.OPENED,))
    up = an_action(name="up", gates=gates, when=(Phase.RESOLVED,))
    return World(stops(resolve=Is("state", "Running"), actions=(down, up)))


def test_of_what_is_over_by_the_morning_only_the_end_is_told() -> None:
    world = by_night().see("one", state="Stopped").see("up", state="Running")
    assert world.told == [("up", "up", Reason.WAITING), ("one", "down", Reason.ENDED)]

    assert world.at(MORNING).told == [("up", "up", Reason.FIRED)]


def test_an_end_is_not_told_when_the_next_incident_is_open() -> None:
    world = by_night().see("one", state="Stopped").see("up", state="Running")
    world.see("two", state="Stopped")

    assert world.at(MORNING).told == [("two", "down", Reason.FIRED)]


def test_nothing_is_resolved_that_did_not_fire() -> None:
    world = World(stops(gates=Gates(lasting=MINUTE))).see("one", state="Stopped")

    assert phases(world.see("up", state="Running")) == []
