"""From what happened to the steps of a test."""

from datetime import timedelta

from msgspec import structs

from reactor.engine.transcript import Seen, transcribe, written
from reactor.model.match import Evaluation, Reason
from reactor.model.uri import object_uri, stable_uuid
from tests.builders import NOON, an_event

MINUTE = timedelta(minutes=1)
URI = object_uri("container", stable_uuid("web"))


def event(minute=0.0, **fields):
    return an_event(at=NOON + minute * MINUTE, identity=f"e-{minute}", **fields)


def row(of, reason, settled=None, action="log"):
    return Evaluation(
        event_id=of.id,
        source=of.source,
        rule="r",
        action=action,
        reason=reason,
        at=of.received_at,
        key="[]",
        settled_at=None if settled is None else NOON + settled * MINUTE,
    )


def seen(of, *reasons, settled=None):
    return Seen(of, tuple(row(of, reason, settled, f"a{n}") for n, reason in enumerate(reasons)))


def steps(*story):
    return written(transcribe("t", story))["steps"]


def test_each_event_is_sent_in_its_order_with_the_time_between():
    first, second = event(0, n=1), event(1.5, n=2)

    assert steps(seen(second), seen(first, Reason.FIRED, Reason.IF_FALSE, Reason.IF_FALSE)) == [
        {"send": {"n": 1}, "expect": ["a0"], "because": "if_false"},
        {"wait": "1m30s"},
        {"send": {"n": 2}},
    ]


def test_the_clock_is_that_of_the_gates_and_never_goes_back():
    late = event(2, n=2, datetime=(NOON + MINUTE).isoformat())
    later = event(3, n=3, datetime=(NOON - MINUTE).isoformat())

    assert steps(seen(event(0, n=1)), seen(late), seen(later)) == [
        {"send": {"n": 1}},
        {"wait": "1m"},
        {"send": {"n": 2}},
        {"send": {"n": 3}},
    ]


def test_what_settled_by_time_has_a_wait_of_its_own():
    assert steps(seen(event(0, n=1), Reason.FIRED, Reason.IF_FALSE, settled=2)) == [
        {"send": {"n": 1}, "because": "waiting"},
        {"wait": "2m", "expect": ["a0"], "because": "if_false"},
    ]


def test_what_settled_by_an_event_is_told_where_that_is_sent():
    first, second = event(0, n=1), event(1, n=2)

    assert steps(seen(first, Reason.ENDED, settled=1), seen(second)) == [
        {"send": {"n": 1}, "because": "waiting"},
        {"wait": "1m"},
        {"send": {"n": 2}, "because": "ended"},
    ]


def test_a_timer_comes_before_an_event_of_the_same_moment():
    first, second = event(0, n=1), event(2, n=2, datetime=(NOON + MINUTE).isoformat())

    told = steps(seen(first, Reason.FIRED, settled=1), seen(second))

    assert told[1:] == [{"wait": "1m", "expect": ["a0"]}, {"send": {"n": 2}}]


def test_a_test_has_its_own_ids_and_moments_and_no_variables():
    (told,) = steps(seen(event(uuid="u", datetime=NOON.isoformat(), text="${HOME}", list=["$"])))

    assert told == {"send": {"text": "$${HOME}", "list": ["$$"]}}


def test_facts_are_those_that_the_frame_does_not_tell():
    facts = {
        "container": {"exit_code": 7, "name": "web"},
        "labels": {"com.example": "x"},
        "cause": "crash",
        "elsewhere": 1,
    }

    test = written(transcribe("t", [seen(event(platform=True, resource_uri=URI, facts=facts))]))

    assert test["facts"] == {
        "container.exit_code": 7,
        "container.name": "web",
        "labels": {"com.example": "x"},
        "cause": "crash",
    }
    assert test["steps"] == [{"send": {"resource_uri": URI}}]


def test_facts_that_differ_stand_with_their_events():
    story = [event(n, platform=True, facts={"container": {"exit_code": n}}) for n in (0, 1)]

    test = written(transcribe("t", list(map(seen, story))))

    assert "facts" not in test
    sent = [step["facts"] for step in test["steps"] if "send" in step]
    assert sent == [{"container.exit_code": 0}, {"container.exit_code": 1}]


def test_elsewhere_facts_are_fields_and_a_subject_stays_apart():
    told = an_event(identity="e", source="hooks", facts={"repository": "shop"}, n=1)
    known = structs.replace(told, subject="shop/7")

    (step,) = steps(seen(known))
    assert step == {"send": {"n": 1, "repository": "shop", "resource_uri": "shop/7"}}
