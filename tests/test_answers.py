"""What the control socket is asked, by its words; that it is done shows in the journal."""

from contextlib import closing
from datetime import timedelta

import pytest
from msgspec import to_builtins

from reactor.answers import Answers
from reactor.clock import utc_now
from reactor.journal.silences import active
from reactor.model.errors import ReactorError
from reactor.model.event import Arrival
from reactor.model.signal import DeliveryEnded
from reactor.road import UNOBSERVED, Road
from reactor.running import Apis
from reactor.silencing import Silencing
from tests.builders import a_ruleset, a_silence

LASTING = a_silence(created_at=utc_now(), expires_at=utc_now() + timedelta(hours=1))


class World:
    """A road whose deliveries nobody makes, and what the pipeline is told."""

    def __init__(self, road):
        self.road, self.signals, self.held = road, [], []
        self.apis = Apis()
        self.dispatcher = road.dispatcher(a_ruleset(), self.apis, UNOBSERVED)
        silencing = Silencing(road.reader, self.held.append, now=utc_now, warn=print)
        self._answers = Answers(road, self.dispatcher, Vitals(), silencing, self.signals.append)

    def ask(self, **request):
        return self._answers.answer(request)

    def close(self):
        self.apis.close()
        self.dispatcher.transport.close()


class Vitals:
    """As far as they are asked."""

    def status(self):
        return {"ready": True}


@pytest.fixture
def world(tmp_path):
    with (
        Road(tmp_path, a_ruleset(), what="a test", observers=UNOBSERVED) as road,
        closing(World(road)) as world,
    ):
        yield world


def test_the_status_is_that_of_the_vitals(world):
    assert world.ask(do="status") == {"ready": True}


@pytest.mark.parametrize("request_", [{}, {"do": "explode"}, {"do": "cancel", "ids": "a"}])
def test_what_is_not_known_is_refused(world, request_):
    assert "does not know this request" in world.ask(**request_)["error"]


def test_what_is_cancelled_is_told_down_the_road_for_something_may_wait_for_it(world):
    arrival = Arrival(source="local", raw=b"{}", identity="line-1")
    (delivery,) = world.road.pipeline.receive([arrival]).deliveries

    answer = world.ask(do="cancel", ids=[delivery.id, "unknown"])

    assert answer["done"][delivery.id] == "cancelled"
    assert world.signals == [DeliveryEnded(delivery.id, "")]


def test_a_silence_holds_at_once_until_it_is_ended(world):
    assert world.ask(do="silence", silence=to_builtins(LASTING)) == {"done": {LASTING.id: "added"}}
    assert [each.id for each in world.held[-1]] == [LASTING.id]
    with closing(world.road.reader()) as reader:
        assert active(reader, utc_now()) == [LASTING]

    answer = world.ask(do="expire", ids=[LASTING.id])
    assert answer == {"done": {LASTING.id: "expired"}}
    assert world.held[-1] == ()


def test_a_silence_without_a_condition_is_refused(world):
    with pytest.raises(ReactorError, match="is no condition"):
        world.ask(do="silence", silence=to_builtins(a_silence(text="what?")))

    assert world.held == []


def test_a_silence_that_is_none_is_refused(world):
    answer = world.ask(do="silence", silence={"id": 7})

    assert "does not understand the silence" in answer["error"]
