"""The order of the gates: each sees only what passed those before it (rules.md §3)."""

from dataclasses import replace
from datetime import timedelta

from reactor.engine.chain import ORDER, OVERFLOW
from reactor.engine.draft import Situation
from reactor.engine.selector import parse_path
from reactor.model.gates import After, Gates, Mode, Overlap, Rate
from reactor.model.match import Reason
from reactor.model.silence import Silence
from tests.builders import NOON, Says, an_action
from tests.decisions import MINUTE, Is, World, stops


def test_the_order_is_that_of_the_contract() -> None:
    assert [name for name, _ in ORDER] == [
        *("loop_guard", "for", "then", "after", "during", "silence", "throttle", "mode")
    ]


def test_after_comes_before_the_throttle() -> None:
    world = World(stops(gates=Gates(after=After(2, MINUTE), throttle=Rate(1, 10 * MINUTE))))

    assert [world.see(str(n), state="Stopped").reasons[0] for n in range(4)] == [
        *("below_count", "fired", "below_count", "throttled")
    ]


def test_if_stands_between_the_rules_gates_and_the_actions() -> None:
    action = an_action(condition=Says(field="loud"), gates=Gates(throttle=Rate(1, MINUTE)))
    world = World(stops(gates=Gates(after=After(2, MINUTE)), actions=(action,)))

    reasons = [
        world.see(str(n), state="Stopped", loud=loud).reasons[0]
        for n, loud in enumerate([True, False, True, True, True, True])
    ]

    assert reasons == [
        *("below_count", "if_false", "below_count", "fired", "below_count", "throttled")
    ]


def test_every_gate_that_was_come_to_is_told_with_its_numbers() -> None:
    gates = Gates(after=After(1, MINUTE), throttle=Rate(1, MINUTE), mode=Mode(Overlap.SINGLE, 1))
    [row] = World(stops(gates=gates)).see("one", state="Stopped").last.evaluations

    assert [(each["gate"], each["action"], each["reason"]) for each in row.gates] == [
        ("after", None, None),
        ("throttle", None, None),
        ("mode", None, None),
    ]


def test_a_silence_holds_back_until_it_expires_and_takes_nothing_of_the_throttle() -> None:
    silence = Silence(
        id="s-1",
        text="state=Stopped",
        match=Says(True),
        author="me",
        comment="at work",
        created_at=NOON,
        expires_at=NOON + MINUTE,
    )
    world = World(stops(gates=Gates(throttle=Rate(1, timedelta(hours=1)))))
    world.decider.silence((silence,))

    [row] = world.see("one", state="Stopped").last.evaluations
    assert (row.reason, row.gates[-1]["silence"]) == (Reason.SILENCED, "s-1")

    assert world.at(MINUTE).see("two", state="Stopped").reasons == [Reason.FIRED]


def test_what_shares_one_memory_can_be_resolved() -> None:
    rule = stops(group_by=(parse_path("service"),), resolve=Is("state", "Running"))
    world = World(rule)
    few: Situation = replace(world.decider._situation, most_keys=1)
    world.decider._situation = few
    for number, service in enumerate("abc"):
        world.see(str(number), state="Stopped", service=service)

    world.see("up", state="Running", service="c")

    assert [joined.phase for joined in world.last.joined] == ["resolved"]


def test_a_rule_with_too_many_keys_lets_further_ones_share_one_memory_and_says_so() -> None:
    world = World(
        stops(group_by=(parse_path("service"),), gates=Gates(throttle=Rate(1, timedelta(hours=1))))
    )
    few: Situation = replace(world.decider._situation, most_keys=2)
    world.decider._situation = few
    said: list[str] = []

    reasons = []
    for number, service in enumerate(["a", "b", "c", "d", "a"]):
        reasons += world.see(str(number), state="Stopped", service=service).reasons
        said += world.notices

    assert reasons == ["fired", "fired", "fired", "throttled", "throttled"]
    assert world.decider.memory.has_key("stops", OVERFLOW)
    assert len(said) == 1
    assert "remembers 2 keys" in said[0]
