"""What an action's own mistakes do: they become the outcome of their delivery."""

from dataclasses import dataclass

import pytest

from reactor.delivery.attempt import judge, prepare
from reactor.model.errors import DestinationRemoved, RenderFailed
from reactor.model.request import LogLine, Outcome, Response, Verdict
from tests.builders import NOON, a_delivery, a_destination, a_ruleset

LINE = LogLine(level="info", text="hello")


@dataclass
class Failing:
    """An action that raises, or answers."""

    error: Exception | None = None

    def build(self, delivery, destination, vault, now):
        if self.error:
            raise self.error
        return LINE

    def judge(self, response):
        if self.error:
            raise self.error
        return Outcome(verdict=Verdict.SUCCEEDED, detail="logged")


def prepared(action, *destinations):
    return prepare(action, a_delivery(), a_ruleset(destinations=destinations), NOON)


def test_an_effect_is_handed_on():
    assert prepared(Failing(), a_destination()) == LINE


@pytest.mark.parametrize(
    ("error", "detail"),
    [
        (DestinationRemoved("gone"), "destination_removed"),
        (RenderFailed("header 'x' holds a line break"), "header 'x' holds a line break"),
        (ValueError("s3cret"), "the request cannot be built: ValueError"),
        (RecursionError("s3cret"), "the request cannot be built: RecursionError"),
    ],
)
def test_what_cannot_be_built_is_buried_and_tells_no_secret(error, detail):
    outcome = prepared(Failing(error), a_destination())

    assert outcome == Outcome(verdict=Verdict.BURY, detail=detail)


def test_a_destination_that_left_the_rule_file_is_found_before_anything_is_built():
    outcome = prepared(Failing(ValueError()))

    assert outcome == Outcome(verdict=Verdict.BURY, detail="destination_removed")


def test_what_an_action_cannot_judge_is_tried_again():
    outcome = judge(Failing(KeyError("s3cret")), Response(status=200))

    assert (outcome.verdict, outcome.status) == (Verdict.RETRY, 200)
    assert outcome.detail == "the answer cannot be judged: KeyError"


def test_an_actions_own_judgement_stands():
    assert judge(Failing(), Response()).verdict is Verdict.SUCCEEDED
