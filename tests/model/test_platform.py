"""What is known of a platform's events is no less than what is written, served and recorded."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from reactor.hub.states import State, is_settled
from reactor.model.cause import Cause
from reactor.model.event import PLATFORM_FACTS, PLATFORM_OBJECTS
from reactor.model.platform import (
    CLOUD_SHAPES,
    EVIDENCE,
    FACT_VALUES,
    FLAGS,
    FRAME_FIELDS,
    NAMES,
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


def test_no_fact_is_of_two_types():
    assert set() == NUMBERS & TEXTS == NUMBERS & FLAGS == TEXTS & FLAGS
    assert {("container", "exit_code"), ("container", "ran_for")} <= NUMBERS


def test_facts_with_types_and_values_are_facts():
    known = {(kind, fact) for kind, facts in OBJECT_FACTS.items() for fact in facts}
    known |= {(name,) for name in PLATFORM_FACTS} | {(kind, "image") for kind in OBJECT_FACTS}

    assert (NUMBERS | FLAGS | TEXTS) - known == set()
    assert {tuple(name.split(".")) for name in FACT_VALUES} <= NAMES
    assert {("container", fact) for fact in EVIDENCE} <= TEXTS - NAMES


def test_every_cause_and_health_is_known():
    assert set(FACT_VALUES["cause"]) == {*map(str, Cause), None}
    assert "unhealthy" in FACT_VALUES["container.health"]
