"""What is true of a rule by itself."""

import pytest

from reactor.model.gates import Gates, Rate, Sequel
from tests.builders import Says, a_rule, an_action
from tests.decisions import MINUTE

LIMITED = Gates(throttle=Rate(1, MINUTE))


@pytest.mark.parametrize(
    ("changes", "remembers"),
    [
        ({}, False),
        ({"absent": MINUTE}, True),
        ({"sequel": Sequel(match=Says(), within=MINUTE, comes=True)}, True),
        ({"resolve": Says()}, True),
        ({"gates": LIMITED}, True),
        ({"actions": (an_action(), an_action(name="two", gates=LIMITED))}, True),
    ],
)
def test_a_rule_remembers_if_anything_of_it_does(
    changes: dict[str, object],
    remembers: bool,
) -> None:
    assert a_rule(**changes).remembers is remembers
