"""What holds is brought to the pipeline when it changes, and only then."""

from contextlib import closing
from datetime import timedelta

import pytest

from reactor.journal.database import open_reader, open_writer
from reactor.journal.silences import AddSilence, ExpireSilence
from reactor.model.event import Record
from reactor.silencing import Silencing
from tests.builders import NOON, a_silence, replace

HOUR = timedelta(hours=1)
KEPT = a_silence()


class World:
    """A journal, the time, and what was brought and told."""

    def __init__(self, folder):
        self.now, self.held, self.warned, self._folder = NOON, [], [], folder
        self.writer = open_writer(folder)
        self.silencing = Silencing(
            lambda: open_reader(folder),
            self.held.append,
            now=lambda: self.now,
            warn=self.warned.append,
        )


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    with closing(world.writer):
        yield world


def test_what_holds_is_brought_once(world):
    AddSilence(KEPT).apply(world.writer)

    world.silencing.look()
    world.silencing.look()

    ((silence,),) = world.held
    assert (silence.id, silence.text, silence.expires_at) == (KEPT.id, KEPT.text, KEPT.expires_at)
    assert silence.match.evaluate(Record({"service": {"name": "web"}}, platform=False)) is True


def test_without_any_nothing_is_brought(world):
    world.silencing.look()

    assert world.held == []


def test_what_is_over_or_ended_drops_out(world):
    for number, hours in enumerate((1, 2, 3)):
        kept = replace(KEPT, id=f"s-{number}", expires_at=NOON + hours * HOUR)
        AddSilence(kept).apply(world.writer)
    world.silencing.look()

    world.now += HOUR
    world.silencing.look()
    ExpireSilence(id="s-1", at=world.now).apply(world.writer)
    world.silencing.look()

    ids = [[each.id for each in held] for held in world.held]
    assert ids == [["s-0", "s-1", "s-2"], ["s-1", "s-2"], ["s-2"]]


def test_one_that_cannot_be_understood_holds_nothing_back_and_is_told_once(world):
    AddSilence(replace(KEPT, text="what?")).apply(world.writer)

    world.silencing.look()
    world.silencing.look()

    assert world.held == [()]
    (warning,) = world.warned
    assert warning.startswith("silence 5f0c12ab holds nothing back: ")
