"""Time on the road: timers that fire by themselves, also after restarts and reloads, and what waits
for deliveries. With a real journal and writer; only the clock is set by hand."""

from contextlib import closing
from datetime import timedelta

import pytest

from reactor.model.lookup import Found
from reactor.model.match import Reason
from reactor.model.signal import DeliveryEnded
from reactor.pipeline import LONGEST_NAP
from tests.builders import NOON
from tests.roads import RULES, Cloud, Road, a_frame, an_arrival

LASTING = """\
rules:
  - name: down
    match: {type: container, state: Stopped}
    for: 2m
    on_restart: recheck
    actions: [{log: info}]
"""
MINUTES = timedelta(minutes=2)


def test_a_timer_wakes_it_without_any_event(tmp_path):
    pauses = []

    def take(most, timeout):
        pauses.append(timeout)
        if len(pauses) == 2:
            road.now += MINUTES
        return [[an_arrival(1, state="Stopped")], [], None][len(pauses) - 1]

    with closing(Road(tmp_path, LASTING)) as road:
        road.pipeline.run(take)

        assert road.reasons("down") == [Reason.FIRED]
    assert pauses[0] is None
    assert all(0 < pause <= LONGEST_NAP for pause in pauses[1:2])


@pytest.mark.parametrize(
    ("on_restart", "state", "reason"),
    [
        ("fire", None, Reason.FIRED),
        ("skip", None, Reason.EXPIRED),
        ("recheck", "Stopped", Reason.FIRED),
        ("recheck", "Running", Reason.ENDED),
        ("recheck", None, Reason.FIRED),  # it could not be learned, and nothing else was heard
    ],
)
def test_what_came_due_while_it_was_down_does_as_the_rule_says(tmp_path, on_restart, state, reason):
    rules = LASTING.replace("recheck", on_restart)
    with closing(Road(tmp_path, rules)) as road:
        road.receive(a_frame(state="Stopped"))

    cloud = Cloud()
    with closing(Road(tmp_path, rules, {"cloud": cloud}, now=NOON + MINUTES)) as road:
        run_to_the_end(road)
        for tell in cloud.asked:
            tell(Found(object={"state": state} if state else None))
        road.receive(*road.told)

        assert road.reasons("down") == [reason]
        assert [row.settled_at for row in road.committed[-1].settled] == [road.now]


def run_to_the_end(road):
    road.pipeline.run(lambda *_: None)


def test_what_was_being_asked_when_the_process_died_is_asked_again(tmp_path):
    with closing(Road(tmp_path, LASTING)) as road:
        road.receive(a_frame(state="Stopped"))

    for _ in range(2):  # the first one ends before it is answered
        cloud = Cloud()
        with closing(Road(tmp_path, LASTING, {"cloud": cloud}, now=NOON + MINUTES)) as road:
            run_to_the_end(road)
            assert road.reasons("down") == [Reason.WAITING]
            assert len(cloud.asked) == 1


@pytest.mark.parametrize(
    ("mode", "second", "after"),
    [
        ("single", Reason.MODE, Reason.MODE),
        ("queued", Reason.WAITING, Reason.FIRED),
    ],
)
def test_the_end_of_a_delivery_lets_the_next_one_go(tmp_path, mode, second, after):
    rules = RULES.replace("throttle: 2 per 5m", f"mode: {mode}")
    with closing(Road(tmp_path, rules)) as road:
        first = road.receive(an_arrival(1, key="a"), an_arrival(2, key="a"))
        assert road.reasons() == [Reason.FIRED, second]

        ended = [DeliveryEnded(each.id, each.source) for each in first.deliveries]
        road.receive(*ended)
        assert road.reasons() == [Reason.FIRED, after]


def test_a_reload_that_drops_what_waits_expires_it(tmp_path):
    with closing(Road(tmp_path, LASTING)) as road:
        road.receive(an_arrival(1, state="Stopped"))

        adopted = road.pipeline.adopt(road.ruleset(LASTING.replace("2m", "3m")))

        assert [(each.rule, each.gate) for each in adopted.forgotten] == [("down", "for")]
        assert road.reasons("down") == [Reason.EXPIRED]
        assert road.pipeline.timers == 0
