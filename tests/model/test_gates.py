"""What is true of parsed gates by themselves."""

import pytest

from reactor.model.gates import After, Gates, Hours, Mode, Overlap, Rate, Sequel
from tests.builders import Says
from tests.decisions import MINUTE


@pytest.mark.parametrize(
    ("gates", "remembers"),
    [
        (Gates(), False),
        (Gates(lasting=MINUTE), True),
        (Gates(after=After(2, MINUTE)), True),
        (Gates(hours=(Hours({}, inside=True),)), True),
        (Gates(throttle=Rate(1, MINUTE)), True),
        (Gates(mode=Mode(Overlap.SINGLE, 1)), True),
    ],
)
def test_every_gate_goes_by_what_was_before(gates: Gates, remembers: bool) -> None:
    assert gates.remember is remembers


def test_gates_are_called_as_in_the_rule_file() -> None:
    assert [Hours({}, inside=inside).gate for inside in (True, False)] == ["during", "not_during"]
    sequels = [Sequel(match=Says(), within=MINUTE, comes=comes) for comes in (True, False)]
    assert [each.gate for each in sequels] == ["then", "not_then"]


def test_a_gate_without_a_mark_has_an_empty_one() -> None:
    gates = Gates(marks={"for": "f"})

    assert (gates.mark("for"), gates.mark("after")) == ("f", "")
