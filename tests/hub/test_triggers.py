"""Triggers of services."""

import pytest

from reactor.hub.fleet import NoSuchObject, NotAllowed
from reactor.hub.triggers import LONGEST_NAME, MOST_TRIGGERS, Triggers

WEB, DB = "web's UUID", "db's UUID"


def a_trigger(triggers, service=WEB, name="deploy", operation="REDEPLOY"):
    return triggers.create(service, name=name, operation=operation)


def test_a_trigger_is_found_by_its_service_and_its_id_alone():
    triggers = Triggers()
    made = a_trigger(triggers)

    assert triggers.find(WEB, made.uuid) == made
    for service, uuid in ((DB, made.uuid), (WEB, made.uuid[:-1]), (WEB, "")):
        with pytest.raises(NoSuchObject):
            triggers.find(service, uuid)


def test_each_service_has_its_own_in_order():
    triggers = Triggers()
    made = [a_trigger(triggers, name=name) for name in "ab"]
    a_trigger(triggers, DB)

    assert triggers.of(WEB) == made


def test_no_two_have_the_same_id():
    triggers = Triggers()

    assert len({a_trigger(triggers).uuid for _ in range(50)}) == 50


def test_a_trigger_that_is_dropped_is_not_found():
    triggers = Triggers()
    first, second = a_trigger(triggers), a_trigger(triggers)

    triggers.drop(first)

    assert triggers.of(WEB) == [second]


@pytest.mark.parametrize("operation", ["redeploy", "Redeploy", "REDEPLOY", "scaleup"])
def test_an_operation_may_be_in_small_letters(operation):
    assert a_trigger(Triggers(), operation=operation).operation == operation.upper()


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": ""},
        {"operation": "TERMINATE"},
        {"operation": None},
        {"operation": 1},
        {"name": None},
        {"name": ["x"]},
        {"name": "x" * (LONGEST_NAME + 1)},
    ],
)
def test_what_is_no_trigger_is_refused(wrong):
    triggers = Triggers()

    with pytest.raises(NotAllowed):
        a_trigger(triggers, **wrong)

    assert triggers.of(WEB) == []


def test_a_service_has_so_many_and_no_more():
    triggers = Triggers()
    for _ in range(MOST_TRIGGERS):
        a_trigger(triggers)

    with pytest.raises(NotAllowed, match="delete one"):
        a_trigger(triggers)
    a_trigger(triggers, DB)
