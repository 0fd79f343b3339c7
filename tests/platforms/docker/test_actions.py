"""Calls that outlast their time-out, and their repetitions."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from reactor.engine.normalize import platform_time
from reactor.model.request import Fault, Response
from reactor.model.uri import ObjectUri
from reactor.platforms.docker import actions as module
from reactor.platforms.docker.actions import Actions, Asked, shown_action
from tests.fakes import PATIENCE

UUID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
WEB = ObjectUri(type="service", uuid=UUID, namespace=None, is_tutum=False)
PATH = f"/api/app/v1/service/{UUID}/redeploy/"
REDEPLOY = Asked(WEB, "POST", PATH, "delivery/1")
DONE = Response(status=200, detail="done")
FAILED = Response(fault=Fault.RECEIVE, detail="docker-compose ended with 1")
LONG, SHORT = timedelta(seconds=PATIENCE), timedelta(milliseconds=1)


class Slow:
    """An action that ends when it is told how. `times` is how often it was begun."""

    def __init__(self):
        self.times = 0
        self.began = Event()
        self._end, self._answer = Event(), None

    def __call__(self):
        self.times += 1
        self.began.set()
        assert self._end.wait(PATIENCE)
        return self._answer

    def end(self, answer):
        self._answer = answer
        self._end.set()


@pytest.fixture
def actions():
    return Actions("local")


def test_an_action_that_ends_in_time_is_answered_and_kept(actions):
    assert actions.perform(REDEPLOY, lambda: DONE, LONG) is DONE
    assert [action.asked for action in actions.made(WEB)] == [REDEPLOY]


def test_what_outlasts_its_time_out_is_told_so_and_its_repetition_hears_the_end(actions):
    slow = Slow()

    late = actions.perform(REDEPLOY, slow, SHORT)
    slow.end(DONE)

    assert (late.fault, late.detail) == (Fault.TIMEOUT, "not done within 1ms, and still under way")
    assert actions.perform(REDEPLOY, slow, LONG) is DONE
    assert slow.times == 1


def test_a_failure_that_nobody_waited_for_is_told_to_the_next_who_asks_and_then_tried_again(
    actions,
):
    slow = Slow()
    actions.perform(REDEPLOY, slow, SHORT)
    slow.end(FAILED)

    assert actions.perform(REDEPLOY, slow, LONG) is FAILED
    assert actions.perform(REDEPLOY, lambda: DONE, LONG) is DONE


def test_another_delivery_is_another_call(actions):
    slow, other = Slow(), Asked(WEB, "POST", PATH, "delivery/2")
    actions.perform(REDEPLOY, slow, SHORT)

    assert actions.perform(other, lambda: DONE, LONG) is DONE
    slow.end(DONE)


def test_what_was_made_can_be_made_again(actions):
    actions.perform(REDEPLOY, lambda: DONE, LONG)

    assert actions.perform(REDEPLOY, lambda: FAILED, LONG) is FAILED
    assert actions.made(WEB) == []


def test_what_an_action_raises_is_raised_and_not_kept(actions):
    with pytest.raises(ZeroDivisionError):
        actions.perform(REDEPLOY, lambda: 1 / 0, LONG)

    assert actions.perform(REDEPLOY, lambda: DONE, LONG) is DONE


def test_the_latest_are_kept_and_shown_first(actions, monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 2)  # a thousand and one would take longer
    for number in range(3):
        actions.perform(Asked(WEB, "POST", PATH, f"delivery/{number}"), lambda: DONE, LONG)

    agents = [action.asked.user_agent for action in actions.made(WEB)]
    assert agents == ["delivery/2", "delivery/1"]


def test_a_question_is_answered_in_time_and_leaves_nothing(actions):
    slow = Slow()

    assert actions.ask(lambda: DONE, LONG) is DONE
    assert actions.ask(slow, SHORT).fault is Fault.TIMEOUT
    slow.end(DONE)
    assert actions.made(WEB) == []


def test_an_action_is_shown_as_the_old_service_showed_it():
    shown = shown_action(REDEPLOY, datetime(2030, 1, 7, 12, 4, 8, 999_999, tzinfo=UTC))

    assert shown["start_date"] == "Mon, 07 Jan 2030 12:04:08 +0000"
    assert platform_time(shown["start_date"]) == datetime(2030, 1, 7, 12, 4, 8, tzinfo=UTC)
    assert shown["object"] == f"/api/app/v1/service/{UUID}/"
    assert (shown["method"], shown["path"]) == ("POST", PATH)
    assert shown["user_agent"] == "delivery/1"
