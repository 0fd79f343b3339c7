"""A cause as rules see it."""

from reactor.model.cause import Cause, Judgement


def test_rules_see_a_cause_with_its_proof() -> None:
    judgement = Judgement(cause=Cause.OOM, planned=False, evidence=("13:20:22.185 oom",))

    assert judgement.facts() == {
        "cause": "oom",
        "planned": False,
        "cause_evidence": ["13:20:22.185 oom"],
    }


def test_what_nobody_knows_is_missing() -> None:
    facts = Judgement(cause=Cause.UNKNOWN, planned=None).facts()

    assert facts == {"cause": "unknown", "cause_evidence": []}
