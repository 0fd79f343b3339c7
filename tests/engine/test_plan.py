"""Deciding: what fires, what is held back and why, and that it is always the same."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.actions import ACTIONS
from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import Decision, Situation
from reactor.engine.normalize import record_of
from reactor.engine.plan import decide, miss
from reactor.engine.promise import delivery_id
from reactor.engine.remembered import Remembered
from reactor.engine.selector import parse_path
from reactor.engine.template import compile_template
from reactor.model.delivery import State
from reactor.model.event import Event
from reactor.model.gates import Gates, Rate
from reactor.model.match import Reason
from reactor.model.protocols import Landing
from reactor.model.rule import Rule, Ruleset
from tests.builders import (
    NOON,
    Says,
    a_destination,
    a_rule,
    a_ruleset,
    an_action,
    an_event,
    replace,
)

PER_5M = Rate(1, timedelta(minutes=5))


def throttled(rate: Rate, mark: str = "m") -> Gates:
    """Only a throttle."""
    return Gates(throttle=rate, marks={"throttle": mark})


M_PER_5M = throttled(PER_5M)


class World:
    """Decides one event after the other and keeps what they left."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self.memory = Remembered()

    def decide(self, event: Event) -> Decision:
        """Decide and remember."""
        situation = Situation(
            rules=CompiledRules(self.ruleset), actions=ACTIONS, memory=self.memory
        )
        decision = decide(event, situation, event.received_at)
        self.memory.apply(decision.memory)
        return decision

    def reasons(self, *seconds: int, **frame: object) -> list[str]:
        """The reason of the only action for an event at each of these seconds."""
        return [
            self.decide(self.event(second, **frame)).evaluations[0].reason for second in seconds
        ]

    def event(self, second: int, **frame: object) -> Event:
        """An event that happened and came so many seconds after NOON."""
        return an_event(at=NOON + timedelta(seconds=second), identity=f"i-{second}", **frame)


def webhook(**changes: object) -> Rule:
    """A rule that sends every event to `ops`."""
    action = an_action(name="webhook", type="webhook", value=None, destination="ops", **changes)
    return a_rule(actions=(action,))


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (a_rule(), None),
        (a_rule(enabled=False), Reason.DISABLED),
        (a_rule(sources=("other",)), Reason.OTHER_SOURCE),
        (a_rule(sources=("local", "other")), None),
        (a_rule(match=Says(False)), Reason.CONDITION_FALSE),
        (a_rule(match=Says(None)), Reason.FIELD_MISSING),
        (a_rule(unless=Says(True)), Reason.CONDITION_FALSE),
        (a_rule(unless=Says(False)), None),
    ],
)
def test_a_rule_that_does_not_match_says_why(rule: Rule, reason: Reason | None) -> None:
    event = an_event()

    assert reason is miss(rule, event, record_of(event))
    assert bool(World(a_ruleset(rule)).decide(event).evaluations) is (reason is None)


@pytest.mark.parametrize(
    "rule", [a_rule(match=Says(None)), a_rule(unless=Says(None)), a_rule(unless=Says(field="x"))]
)
def test_a_lookup_that_failed_is_a_reason_of_its_own(rule: Rule) -> None:
    event = replace(an_event(platform=True), unknown={"service": "404 Not Found"})

    assert miss(rule, event, record_of(event)) is Reason.LOOKUP_FAILED


def test_a_match_fires_one_delivery_with_what_the_rule_says() -> None:
    ruleset = a_ruleset(webhook(), destinations=(a_destination(),))

    decision = World(ruleset).decide(an_event(state="Stopped"))

    (delivery,), (row,) = decision.deliveries, decision.evaluations
    assert (row.reason, row.delivery_id) == (Reason.FIRED, delivery.id)
    assert (delivery.destination, delivery.state, delivery.due_at) == ("ops", State.PENDING, NOON)
    assert delivery.request.shown_url == "http://127.0.0.1:9/…"


def test_only_an_explicit_key_puts_deliveries_in_order_and_an_action_can_do_without() -> None:
    def order_key(**changes: object) -> str | None:
        rule = replace(webhook(**changes), group_by=(parse_path("service"),))
        [delivery] = World(a_ruleset(rule)).decide(an_event(service="web")).deliveries
        return delivery.order_key

    [plain] = World(a_ruleset(webhook())).decide(an_event()).deliveries
    assert plain.order_key is None
    assert order_key() is not None
    assert order_key(ordered=False) is None


def test_a_call_back_waits_in_the_lane_of_its_source_and_shows_its_path() -> None:
    uri = "/api/app/v1/service/0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d/"
    stop = an_action(name="stop", type="stop", value="self")

    decision = World(a_ruleset(a_rule(actions=(stop,)))).decide(
        an_event(source="cloud", resource_uri=uri)
    )

    (delivery,) = decision.deliveries
    assert (delivery.lane, delivery.destination) == ("source:cloud", None)
    assert delivery.request.shown_url == f"{uri}stop/"


def test_a_call_that_may_not_be_made_is_a_dead_letter_that_says_why() -> None:
    stop = an_action(name="stop", type="stop", value="self")

    decision = World(a_ruleset(a_rule(actions=(stop,)))).decide(
        an_event(resource_uri="http://evil.example/api/")
    )

    (delivery,) = decision.deliveries
    assert (delivery.state, delivery.request.url) == (State.DEAD, None)
    assert "found 'http://evil.example/api/stop/'" in str(delivery.reason)


def test_the_default_body_tells_the_whole_firing() -> None:
    event = an_event(source="local", uuid="e-1", state="Stopped")
    delivery = World(a_ruleset(webhook())).decide(event).deliveries[0]

    body = msgspec.json.decode(str(delivery.request.body[0]))

    assert body["event"] == {
        "id": "e-1",
        "source": "local",
        "subject": "local",
        "time": "2031-05-06T10:20:30.000000Z",
        "received_at": "2031-05-06T10:20:30.000000Z",
        "data": {"uuid": "e-1", "state": "Stopped"},
        "facts": {},
    }
    del body["event"], body["firing_id"]
    assert body == {
        "id": delivery.id,
        "type": "reactor.firing",
        "timestamp": "2031-05-06T10:20:30.000000Z",
        "rule": "every event",
        "action": "webhook",
        "group": None,
        "count": 1,
        "suppressed": 0,
    }


def test_a_throttle_holds_back_per_key_and_counts_what_it_held() -> None:
    action = an_action(
        gates=M_PER_5M,
        parameters={"text": compile_template("+{{ suppressed }}", Landing.TEXT)},
    )
    world = World(a_ruleset(a_rule(group_by=(parse_path("service"),), actions=(action,))))

    assert world.reasons(0, 1, 299, service="web") == ["fired", "throttled", "throttled"]
    assert world.reasons(2, service="db") == ["fired"]
    assert world.decide(world.event(300, service="web")).deliveries[0].request.body == ("+2",)
    assert world.decide(world.event(600, service="web")).deliveries[0].request.body == ("+0",)


def test_a_rules_own_throttle_holds_all_actions_with_one_count() -> None:
    actions = (an_action(name="one"), an_action(name="two"))
    world = World(a_ruleset(a_rule(gates=M_PER_5M, actions=actions)))

    first, second = (world.decide(world.event(second)).evaluations for second in (0, 1))

    assert [row.reason for row in first] == ["fired", "fired"]
    assert [row.reason for row in second] == ["throttled", "throttled"]


def test_an_actions_if_comes_before_its_throttle() -> None:
    action = an_action(condition=Says(field="loud"), gates=M_PER_5M)
    world = World(a_ruleset(a_rule(actions=(action,))))

    assert world.reasons(0, loud=False) == ["if_false"]
    assert world.reasons(1) == ["if_false"]  # unknown is not a yes
    assert world.reasons(2, 3, loud=True) == ["fired", "throttled"]


def test_a_shadow_decides_and_remembers_but_sends_nothing() -> None:
    action = an_action(gates=M_PER_5M)
    world = World(a_ruleset(a_rule(shadow=True, actions=(action,))))

    assert world.reasons(0, 1) == ["shadow", "throttled"]
    assert not world.decide(world.event(400)).deliveries


def test_an_action_that_is_off_leaves_no_row() -> None:
    actions = (an_action(name="off", enabled=False), an_action(name="on"))

    rows = World(a_ruleset(a_rule(actions=actions))).decide(an_event()).evaluations

    assert [row.action for row in rows] == ["on"]


def test_an_unknown_part_of_the_group_key_is_null_and_the_event_is_decided() -> None:
    rule = a_rule(group_by=(parse_path("service.name"), parse_path("state")))

    (row,) = World(a_ruleset(rule)).decide(an_event(state="Stopped")).evaluations

    assert (row.key, row.reason) == ('[null,"Stopped"]', Reason.FIRED)


def test_a_late_event_is_counted_at_its_keys_latest_time() -> None:
    action = an_action(gates=throttled(Rate(1, timedelta(seconds=10))))
    world = World(a_ruleset(a_rule(actions=(action,))))
    late = an_event(
        at=NOON + timedelta(seconds=21),
        identity="late",
        datetime=(NOON - timedelta(seconds=60)).isoformat(),
    )

    assert world.reasons(0, 20) == ["fired", "fired"]
    assert world.decide(late).evaluations[0].reason == "throttled"  # it counts as at second 20


def test_a_delivery_that_cannot_be_rendered_is_born_dead_with_the_reason() -> None:
    url = compile_template("http://h/{{ nowhere }}", Landing.URL)
    rule = a_rule(actions=(an_action(type="webhook", value=url),))

    (delivery,) = World(a_ruleset(rule)).decide(an_event()).deliveries

    assert delivery.state is State.DEAD
    assert "'nowhere' is missing" in str(delivery.reason)


def test_ids_depend_on_rule_action_source_event_and_key_alone() -> None:
    event = an_event(uuid="e-1", at=NOON)
    later = an_event(uuid="e-1", at=NOON + timedelta(hours=1), state="changed")

    assert delivery_id("r", "a", event, "[]") == delivery_id("r", "a", later, "[]")
    assert (
        len(
            {
                delivery_id("r", "a", event, "[]"),
                delivery_id("r2", "a", event, "[]"),
                delivery_id("r", "a2", event, "[]"),
                delivery_id("r", "a", an_event(uuid="e-2"), "[]"),
                delivery_id("r", "a", event, '["web"]'),
            }
        )
        == 5
    )


def test_an_event_cannot_name_the_default_body() -> None:
    rule = a_rule(actions=(an_action(type="webhook", destination="ops"),))

    (delivery,) = World(a_ruleset(rule)).decide(an_event(**{"reactor:body": "forged"})).deliveries

    assert msgspec.json.decode(str(delivery.request.body[0]))["rule"] == "every event"


def test_memory_under_another_mark_is_not_used() -> None:
    action = an_action(gates=throttled(PER_5M, "old"))
    world = World(a_ruleset(a_rule(actions=(action,))))
    world.reasons(0)
    changed = replace(action, gates=throttled(PER_5M, "new"))
    world.ruleset = a_ruleset(a_rule(actions=(changed,)))

    assert world.reasons(1) == ["fired"]


frames = st.fixed_dictionaries(
    {"service": st.sampled_from(["web", "db"]), "loud": st.sampled_from([True, False, None])}
)


def _rules() -> Ruleset:
    """Every gate of the language, on rules and on actions."""
    quiet = an_action(name="quiet", shadow=True)
    loud = an_action(name="loud", condition=Says(field="loud"), gates=throttled(PER_5M, "a"))
    by_service = (parse_path("service"),)
    return a_ruleset(
        a_rule(name="r1", gates=throttled(Rate(3, timedelta(minutes=1))), actions=(quiet, loud)),
        a_rule(name="r2", group_by=by_service, actions=(loud, quiet)),
    )


@given(st.lists(st.tuples(st.integers(0, 90), frames), max_size=30))
def test_the_same_events_always_give_the_same_decisions_and_none_is_lost(
    story: list[tuple[int, Mapping[str, object]]],
) -> None:
    worlds, second, decisions = (World(_rules()), World(_rules())), 0, []
    for gap, frame in story:
        second += gap
        event = worlds[0].event(second, **frame)
        once, again = (world.decide(event) for world in worlds)
        assert once == again
        decisions.append(once)

    rows = [row for decision in decisions for row in decision.evaluations]
    per_action = Counter((row.rule, row.action) for row in rows)
    assert all(count == len(story) for count in per_action.values())
    fired = [row for row in rows if row.reason is Reason.FIRED]
    assert len(fired) == sum(len(decision.deliveries) for decision in decisions)
