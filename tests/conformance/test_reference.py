"""The engine and the slow, plain reference say the same of every story, step for step.

20,000 stories in a run, always the same; with SEED=… others.
"""

import os
from collections import Counter
from random import Random

import pytest

from reactor.model.match import STORED_REASONS, Reason
from tests.conformance.shrink import shown, shrunk
from tests.conformance.stage import Stage, difference
from tests.conformance.stories import Restart, some_story

SEED = int(os.environ.get("SEED", "1"))

PORTIONS, STORIES = 20, 1_000


@pytest.mark.parametrize("portion", range(PORTIONS))
def test_the_engine_decides_as_the_reference_does(portion):
    for number in range(STORIES):
        story = some_story(Random(f"{SEED} {portion} {number}"))
        if difference(story):
            least = shrunk(story, difference)
            pytest.fail(f"SEED={SEED}\n{shown(least)}\n{difference(least)}", pytrace=False)


def test_stories_come_to_every_reason():
    reached = Counter()
    for number in range(STORIES):
        story = some_story(Random(number))
        stage = Stage(story)
        for place, step in enumerate(story.steps):
            stage.perform(place, step)
        reached += stage.reached

    # Only calls back can go in circles: tests/engine/test_loop.py.
    assert set(reached) == {*STORED_REASONS} - {Reason.LOOP_GUARD}
    assert min(reached.values()) > 20, reached


def test_what_goes_wrong_is_told_as_shortly_as_it_can_be():
    def wrong(story):
        kinds = [type(what) for _, what in story.steps]
        return "too many" if kinds.count(Restart) > 1 and story.rule.gates.after else None

    stories = (some_story(Random(number)) for number in range(STORIES))
    story = shrunk(next(story for story in stories if wrong(story)), wrong)

    rule, *steps = shown(story).splitlines()
    assert rule.startswith("rule(match=match, after=After(count=")
    assert [line.split()[2].partition("(")[0] for line in steps] == ["Restart", "Restart"]
