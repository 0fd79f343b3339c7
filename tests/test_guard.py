"""What evaluating one event raises is that event's alone."""

from datetime import timedelta
from functools import partial

import pytest

from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import Situation
from reactor.engine.remembered import Remembered
from reactor.guard import MAX_TRACE, MAX_WHY, attempt, decide_each
from reactor.model.gates import Gates
from reactor.model.match import Reason
from tests.builders import NOON, Says, a_rule, a_ruleset, an_action, an_event, replace
from tests.config.loading import load_text
from tests.dangerous import blow_up, dangerous

RULES = """\
rules:
  - {name: counted, match: {type: container}, throttle: 2 per 1h, actions: [{log: info}]}
  - {name: guilty, match: {type: container}, actions: [{dangerous: info}]}
"""


MINUTE = timedelta(minutes=1)
ACTIONS = dangerous({"blow_up": blow_up})


class Explodes(Says):
    """A condition that is no good."""

    def evaluate(self, record):
        raise ValueError("no good")


def decide(rules, events):
    memory = Remembered()
    situation = Situation(rules=CompiledRules(rules), actions=ACTIONS, memory=memory)
    moments = [(each, NOON) for each in events]
    return decide_each(moments, situation, memory, since=NOON, until=(NOON, False))


def frames(count, poisonous):
    deeds = {number: {"deed": "blow_up"} for number in poisonous}
    return [
        an_event(type="container", uuid=f"e-{number}", **deeds.get(number, {}))
        for number in range(count)
    ]


def test_what_ends_well_is_returned():
    assert attempt(lambda: 7) == 7


def test_what_is_raised_is_told_with_its_trace():
    poison = attempt(blow_up)

    assert poison.why == "ValueError: this event is poison"
    assert "in blow_up" in poison.trace
    assert poison.rule is None


def quote(text):
    raise KeyError(text)


def fall(depth):
    return fall(depth + 1) or fall(depth)


@pytest.mark.parametrize(
    "evaluate", [partial(quote, "x" * 99_999), partial(quote, "\ud800"), partial(fall, 0)]
)
def test_whatever_is_raised_can_be_kept(evaluate):
    poison = attempt(evaluate)

    assert len(poison.why.encode()) <= MAX_WHY
    assert 0 < len(poison.trace.encode()) <= MAX_TRACE


@pytest.fixture
def rules(tmp_path):
    return load_text(tmp_path, RULES, actions=ACTIONS).ruleset


def test_the_events_around_one_that_raises_are_decided_as_without_it(rules):
    events = frames(4, poisonous=[1])

    decided, without = decide(rules, events), decide(rules, [events[0], *events[2:]])

    assert [(each.id, poison.rule) for each, poison in decided.poisonous] == [("e-1", "guilty")]
    assert decided.taken == without.taken
    assert len(decided.taken) == 3


def test_the_rule_is_found_even_if_no_event_can_be_matched(rules):
    guilty = a_rule(name="no good", match=Explodes())
    rules = replace(rules, rules=(*rules.rules, guilty))

    decided = decide(rules, frames(3, poisonous=[]))

    assert [poison.rule for _, poison in decided.poisonous] == ["no good"] * 3


def test_of_what_no_rule_raises_alone_no_rule_is_told():
    calls = iter([True, False, False])

    class Fickle(Says):
        def evaluate(self, record):
            if next(calls):
                raise ValueError
            return True

    decided = decide(a_ruleset(a_rule(match=Fickle())), frames(1, poisonous=[]))

    assert [poison.rule for _, poison in decided.poisonous] == [None]


class Broken:
    """A condition that begins to be no good."""

    def __init__(self):
        self.is_broken = False

    def evaluate(self, record):
        if self.is_broken:
            raise ValueError("no good")
        return True


def test_a_timer_that_cannot_be_decided_expires_and_is_told():
    condition = Broken()
    action = an_action(condition=condition)
    rules = CompiledRules(a_ruleset(a_rule(actions=(action,), gates=Gates(lasting=MINUTE))))
    event, memory = an_event(), Remembered()
    situation = Situation(rules=rules, actions=ACTIONS, memory=memory, event_of=lambda *_: event)
    decide_each([(event, NOON)], situation, memory, since=NOON, until=(NOON, False))

    condition.is_broken = True
    decided = decide_each((), situation, memory, since=NOON, until=(NOON + MINUTE, True))

    ((_, at, decision),) = decided.taken
    assert at == NOON + MINUTE
    assert [row.reason for row in decision.settlements] == [Reason.EXPIRED]
    assert decision.notices == (
        "the timer 'for' of rule 'every event' cannot be decided: ValueError: no good",
    )
    assert memory.next_due() is None
