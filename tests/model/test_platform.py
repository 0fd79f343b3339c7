"""What is known of a platform's events is no less than what is written, served and recorded."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from reactor.hub.states import State, is_settled
from reactor.model.event import PLATFORM_OBJECTS
from reactor.model.platform import (
    CLOUD_SHAPES,
    FRAME_FIELDS,
    NUMBERS,
    OBJECT_FACTS,
    SHAPED,
    STATES,
    TEXTS,
)
from reactor.model.uri import TYPES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/platforms.md").read_text()
FRAMES = (ROOT / "tests/scenarios/sample-frames/events.jsonl").read_text().splitlines()

DOCUMENTED = [
    (kind, state)
    for kind, states in re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", DOCUMENT, re.M)
    for state in states.split(", ")
    if kind in TYPES and not state.startswith("the same")
]


def test_every_type_of_object_has_states():
    assert set(STATES) == set(TYPES)
    assert set(OBJECT_FACTS) == set(PLATFORM_OBJECTS)


@pytest.mark.parametrize(("kind", "state"), DOCUMENTED)
def test_documented_states_are_known(kind, state):
    assert state in STATES[kind]


def test_the_states_that_the_hub_serves_are_known():
    served = [(kind, state) for kind, state in product(TYPES, State) if is_settled(kind, state)]

    assert len(DOCUMENTED) > 30
    assert [pair for pair in served if pair[1] not in STATES[pair[0]]] == []
    assert [state for state in State if not any(state in known for known in STATES.values())] == []


# Those with a `resource_uri` were recorded or documented; the others are what clients test with.
@pytest.mark.parametrize("text", [text for text in FRAMES if "resource_uri" in text])
def test_recorded_frames_have_a_shape(text):
    frame = json.loads(text)

    assert any(all(frame.get(name) in shape[name] for name in SHAPED) for shape in CLOUD_SHAPES)
    assert set(frame) <= set(FRAME_FIELDS)


def test_no_fact_is_both_a_number_and_a_text():
    assert set() == NUMBERS & TEXTS
    assert ("container", "exit_code") in NUMBERS
