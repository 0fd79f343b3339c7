import pytest

from reactor.config.conjunction import conjunction
from reactor.config.node import Table
from reactor.config.world import World, world_of
from reactor.model.platform import CLOUD_SHAPES
from tests.conditions import node_of

SHAPES = (
    {"type": ("container",), "action": ("create",), "state": ("Starting",)},
    {"type": ("container",), "action": ("update",), "state": ("Running", "Stopped", None)},
    {"type": ("node",), "action": ("update", None), "state": ("Deployed",)},
)


def where(text, world=None):
    """What is left where a single field is as it is asked."""
    table = node_of(text)
    assert isinstance(table, Table)
    [asked] = conjunction(table).fields
    return (world or world_of(SHAPES)).where(asked, asked.alternatives)


@pytest.mark.parametrize(
    ("text", "types", "states"),
    [
        ("{type: container}", ("container",), ("Starting", "Running", "Stopped")),
        ("{type: {not: container}}", ("node",), ("Deployed",)),
        ("{action: create}", ("container",), ("Starting",)),
        ("{state: [Stopped, Deployed]}", ("container", "node"), ("Stopped", "Deployed")),
        ("{state: [{prefix: St}, {icase: DEPLOYED}]}", ("container", "node"), None),
        ("{state: {exists: false}}", ("container",), ()),
        ("{state: {from: Running, to: Stopped}}", ("container",), ("Stopped",)),
        ("{state: {from: Running}}", ("container", "node"), None),  # it may be whatever now
        ("{state: {regex: 'ing$'}}", ("container",), ("Starting", "Running")),
        ("{'\"state\"': Stopped}", ("container",), ("Stopped",)),
        ("{state: {field: container.state}}", ("container", "node"), None),
        ("{docker.Action: oom}", ("container", "node"), None),
    ],
)
def test_a_condition_leaves_the_events_that_it_fits(text, types, states):
    world = where(text)

    assert world.values("type") == types
    assert states is None or world.values("state") == states


@pytest.mark.parametrize(
    "text",
    [
        "{type: service}",
        "{state: stopped}",
        "{state: {to: stopped}}",
        "{state: [stopped, 5, null]}",
        "{action: {exists: false, prefix: a}}",
        "{type: {exists: false}}",
        "{container.state: stopped}",
        "{container: {state: {prefix: s}}}",
    ],
)
def test_nothing_is_left_where_no_event_fits(text):
    assert where(text) is None


def test_what_holds_is_said():
    world = where("{action: update}", where("{type: [container, node]}"))

    assert str(world) == "event of type container or node and action update"
    assert str(world_of(SHAPES)) == "event"
    assert str(where("{state: {exists: true}}")) == "such event"


def test_of_a_type_that_nobody_described_nothing_is_known():
    world = where("{type: [container, image]}", world_of(CLOUD_SHAPES))

    assert world == World()
    assert where("{state: whatever}", world) is world
