"""What becomes of events under one rule, by the real rule file, pipeline and journal."""

import pytest

from tests.conformance.timelines import Play, table


@pytest.mark.parametrize("timeline", [pytest.param(each, id=each.name) for each in table()])
def test_it_goes_as_the_table_says(tmp_path, timeline):
    with Play(tmp_path, timeline) as play:
        told = [written(step, play.perform(step)) for step in timeline.steps]

    assert told == list(timeline.steps)


def written(step, outcomes):
    """As the table writes it."""
    when = step.partition("->")[0].strip()
    return f"{when} -> {outcomes}" if outcomes else when


def test_the_table_is_large_enough_to_mean_something():
    assert len(table()) >= 60
