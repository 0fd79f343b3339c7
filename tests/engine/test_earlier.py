"""What fields were before comes out as it did while reactor decided."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.earlier import Earlier
from reactor.engine.plan import miss
from reactor.engine.previous import MOST_LETTERS
from tests.builders import a_rule, an_event
from tests.conditions import condition
from tests.decisions import World

RULE = a_rule(name="gone", match=condition("state: {from: Running, to: Stopped}"))

FRAMES = st.fixed_dictionaries(
    {"resource_uri": st.sampled_from(["/s/1", "/s/2"])},
    optional={"state": st.sampled_from(["Running", "Stopped", "Running" * MOST_LETTERS, None])},
)


@given(st.lists(FRAMES, max_size=8))
def test_it_says_of_every_event_what_was_decided(frames):
    world, earlier = World(RULE), Earlier([RULE])
    for number, frame in enumerate(frames):
        world.see(str(number), **frame)
        event = world.events["local", str(number)]

        missed = miss(RULE, event, earlier.record_of(event))

        assert (missed is None) is bool(world.last.evaluations)
        earlier.tell(event)


@pytest.mark.parametrize(
    ("rule", "is_asked"), [(RULE, True), (a_rule(match=condition("state: Stopped")), False)]
)
def test_events_before_matter_only_where_a_rule_asks(rule, is_asked):
    earlier = Earlier([rule])
    record = earlier.record_of(an_event(state="Stopped"))

    assert earlier.is_asked is is_asked
    assert (record.previous is not None) is is_asked
