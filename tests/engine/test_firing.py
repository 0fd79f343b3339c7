"""What becomes of a match for each action; the gates have tests of their own."""

from reactor.model.gates import Gates, Rate
from reactor.model.match import Reason
from tests.builders import an_action
from tests.decisions import MINUTE, World, stops


def test_each_action_goes_its_own_way() -> None:
    limited = an_action(name="limited", gates=Gates(throttle=Rate(1, MINUTE)))
    actions = (limited, an_action(name="free"), an_action(name="off", enabled=False))
    world = World(stops(actions=actions))

    world.see("one", state="Stopped")
    told = world.see("two", state="Stopped").told

    assert told == [("two", "limited", Reason.THROTTLED), ("two", "free", Reason.FIRED)]


def test_what_waited_settles_each_action_and_leaves_no_second_row() -> None:
    limited = an_action(name="limited", gates=Gates(throttle=Rate(1, 10 * MINUTE)))
    rule = stops(gates=Gates(lasting=MINUTE), actions=(limited, an_action(name="free")))
    world = World(rule).see("one", state="Stopped").at(MINUTE)
    world.see("up", state="Running").see("two", state="Stopped").at(2 * MINUTE)

    assert world.told == [("two", "limited", Reason.THROTTLED), ("two", "free", Reason.FIRED)]
    assert not world.last.evaluations


def test_a_wait_at_the_rule_may_be_followed_by_one_at_an_action() -> None:
    slow = an_action(name="slow", gates=Gates(lasting=MINUTE))
    world = World(stops(gates=Gates(lasting=MINUTE), actions=(slow,)))
    world.see("one", state="Stopped")

    assert world.at(MINUTE).told == [("one", "slow", Reason.WAITING)]
    [row] = world.last.settlements
    assert [(each["action"], each["reason"]) for each in row.gates] == [
        (None, None),
        ("slow", Reason.WAITING),
    ]
    assert world.at(2 * MINUTE).told == [("one", "slow", Reason.FIRED)]


def test_an_action_that_is_gone_when_its_time_comes_does_not_fire() -> None:
    slow = an_action(name="slow", gates=Gates(lasting=MINUTE))
    world = World(stops(actions=(slow, an_action()))).see("one", state="Stopped")
    [rule] = world.decider.rules.ruleset.rules
    world.decider.rules._rules[rule.name] = stops()

    assert world.at(MINUTE).told == [("one", "slow", Reason.EXPIRED)]
