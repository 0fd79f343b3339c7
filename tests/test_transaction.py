"""What others are told of a transaction."""

from contextlib import closing
from datetime import timedelta

import pytest

from reactor.model.match import Reason
from reactor.transaction import NOTHING, Committed
from tests.builders import NOON, an_evaluation
from tests.roads import Road, an_arrival

MINUTE = timedelta(minutes=1)
RULES = """\
rules:
  - name: down
    match: {type: container, state: Stopped}
    for: 2m
    actions: [{log: info}, {log: info, name: second}]
"""


@pytest.fixture
def road(tmp_path):
    with closing(Road(tmp_path, RULES)) as road:
        yield road


def test_rows_come_in_the_order_in_which_they_became_what_they_are():
    decided = an_evaluation(action="decided", at=NOON + MINUTE)
    settled = an_evaluation(action="settled", at=NOON, settled_at=NOON + 2 * MINUTE)
    earlier = an_evaluation(action="earlier", at=NOON)

    committed = Committed(evaluations=(earlier, decided), settled=(settled,))

    assert [row.action for row in committed.rows] == ["earlier", "decided", "settled"]


def test_what_waited_and_ended_is_told_for_each_action_as_the_journal_has_it(road):
    road.receive(an_arrival(1, state="Stopped"))
    road.now += MINUTE
    committed = road.receive(an_arrival(2, state="Running"))

    told = [(row.event_id, row.action, row.reason, row.at) for row in committed.settled]
    assert told == [
        ("line-1", "log", Reason.ENDED, NOON),
        ("line-1", "second", Reason.ENDED, NOON),
    ]
    assert {row.settled_at for row in committed.settled} == {NOON + MINUTE}


def test_what_fired_after_it_waited_is_told_with_its_delivery(road):
    road.receive(an_arrival(1, state="Stopped"))

    committed = road.pipeline.pass_time(NOON + 2 * MINUTE)

    assert [row.reason for row in committed.settled] == [Reason.FIRED, Reason.FIRED]
    promised = [delivery.id for delivery in committed.deliveries]
    assert [row.delivery_id for row in committed.settled] == promised


def test_where_nothing_came_due_there_is_nothing_to_tell(road):
    assert road.pipeline.pass_time(NOON + MINUTE) == NOTHING
    assert road.committed == []


HELD = """\
time_intervals:
  morning: {from: "00:00", to: "12:00"}
rules:
  - name: quiet
    absent: {match: {type: container}, within: 5m}
    not_during: {interval: morning, then: hold}
    actions: [{log: info}]
"""


def test_what_a_timer_fired_without_an_event_is_told_when_it_is_settled(tmp_path):
    with closing(Road(tmp_path, HELD)) as road:
        road.receive(an_arrival(1))
        fired = road.pipeline.pass_time(NOON + 6 * MINUTE)
        opened = road.pipeline.pass_time(NOON + timedelta(hours=2))

        assert [(row.event_id, row.reason) for row in fired.rows] == [("", Reason.WAITING)]
        assert [(row.event_id, row.reason) for row in opened.rows] == [("", Reason.FIRED)]
