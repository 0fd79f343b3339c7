"""Who waits behind whom, and who may go on."""

import pytest

from reactor.engine.parking import MOST_EVENTS, Parking
from reactor.model.lookup import NOT_ASKED, Answer, Found, Need
from reactor.model.uri import object_uri, stable_uuid
from tests.builders import an_event, replace

ONE, OTHER = (object_uri("container", stable_uuid(name)) for name in ("one", "other"))


def crash(number, uri=ONE, source="cloud", **frame):
    event = an_event(
        uuid=f"u-{number}",
        type="container",
        resource_uri=uri,
        source=source,
        platform=True,
        **frame,
    )
    return replace(event, unknown={"container": NOT_ASKED})


NEED = Need("container", ONE, fresh=True)


def an_answer(event, **fields):
    found = Found(object={"resource_uri": ONE, **fields})
    return Answer(source=event.source, event_id=event.id, need=NEED, found=found)


def test_later_events_of_a_subject_wait_behind_it_and_others_do_not():
    parking = Parking()
    parking.park(crash(1), [NEED])

    assert parking.holds(crash(2))
    assert parking.holds(crash(3, uri=ONE.replace("/v1/", "/v1/acme/")))
    assert not parking.holds(crash(4, uri=OTHER))
    assert not parking.holds(crash(5, source="local"))


def test_an_answer_frees_the_head_and_the_next_becomes_it():
    parking, first, second = Parking(), crash(1), crash(2)
    parking.park(first, [NEED])
    parking.park(second, [])

    head = parking.answer(an_answer(first, exit_code=3))
    assert (head.id, head.facts["container"]["exit_code"]) == ("u-1", 3)
    parking.leave(head)

    assert parking.head(head).id == "u-2"
    parking.leave(parking.head(head))
    assert parking.head(head) is None
    assert not parking.holds(crash(3))


def test_an_answer_for_a_later_event_frees_nobody_yet():
    parking, first, second = Parking(), crash(1), crash(2)
    parking.park(first, [NEED])
    parking.park(second, [NEED])

    assert parking.answer(an_answer(second)) is None
    assert parking.answer(an_answer(first)).id == "u-1"


@pytest.mark.parametrize("twice", [True, False])
def test_an_answer_that_nobody_waits_for_is_nothing(twice):
    parking, event = Parking(), crash(1)
    if twice:
        parking.park(event, [NEED])
        parking.answer(an_answer(event))

    assert parking.answer(an_answer(event)) is None


@pytest.mark.parametrize(
    ("follower", "is_known"),
    [({"state": "Running"}, False), ({}, True)],
)
def test_a_later_change_of_the_subject_makes_the_answer_doubtful(follower, is_known):
    parking, first = Parking(), crash(1, state="Stopped")
    parking.park(first, [NEED])
    parking.park(crash(2, **follower), [])

    head = parking.answer(an_answer(first, state="Stopped", exit_code=4))

    assert ("exit_code" in head.facts["container"]) is is_known
    assert ("container" not in head.unknown) is is_known


def test_what_is_asked_for_is_told_once():
    parking, event = Parking(), crash(1)
    parking.park(event, [NEED])

    assert parking.unasked() == [(event, NEED)]
    assert parking.unasked() == []
    assert parking.open_needs("cloud") == [(event, NEED)]
    assert parking.open_needs("local") == []
    assert parking.sources() == {"cloud"}


def test_a_head_may_come_to_need_more():
    parking, event = Parking(), crash(1)
    more = Need("service", object_uri("service", stable_uuid("s")), fresh=False)
    parking.park(event, [NEED])
    parking.unasked()
    head = parking.answer(an_answer(event))

    parking.wait_on(head, [more])

    assert parking.head(event) is None
    assert parking.unasked() == [(head, more)]


def test_a_source_is_full_until_half_of_what_waits_is_decided():
    parking = Parking()
    events = [
        crash(number, uri=object_uri("container", stable_uuid(str(number))))
        for number in range(MOST_EVENTS)
    ]
    for event in events[:-1]:
        parking.park(event, [NEED])
    assert parking.full() == frozenset()

    parking.park(events[-1], [NEED])
    assert parking.full() == {"cloud"}
    for event in events[: MOST_EVENTS // 2 - 1]:
        parking.leave(event)
    assert parking.full() == {"cloud"}
    parking.leave(events[MOST_EVENTS // 2 - 1])

    assert parking.full() == frozenset()
