"""Triggers of services."""

import pytest

from reactor.hub.fleet import NoSuchObject, NotAllowed
from reactor.hub.triggers import LONGEST_NAME, MOST_IN_ALL, MOST_TRIGGERS, Triggers
from reactor.hub.written import Written

WEB, DB = "web's UUID", "db's UUID"


@pytest.fixture
def triggers():
    return Triggers(Written(), list)


def a_trigger(triggers, service=WEB, name="deploy", operation="REDEPLOY"):
    return triggers.create(service, name=name, operation=operation)


def test_a_trigger_is_found_by_its_service_and_its_id_alone(triggers):
    made = a_trigger(triggers)

    assert triggers.find(WEB, made.uuid) == made
    for service, uuid in ((DB, made.uuid), (WEB, made.uuid[:-1]), (WEB, "")):
        with pytest.raises(NoSuchObject):
            triggers.find(service, uuid)


def test_each_service_has_its_own_in_order(triggers):
    made = [a_trigger(triggers, name=name) for name in "ab"]
    a_trigger(triggers, DB)

    assert triggers.of(WEB) == made


def test_no_two_have_the_same_id(triggers):
    assert len({a_trigger(triggers).uuid for _ in range(50)}) == 50


def test_a_trigger_that_is_dropped_is_not_found(triggers):
    first, second = a_trigger(triggers), a_trigger(triggers)

    triggers.drop(first)

    assert triggers.of(WEB) == [second]


@pytest.mark.parametrize("operation", ["redeploy", "Redeploy", "REDEPLOY", "scaleup"])
def test_an_operation_may_be_in_small_letters(triggers, operation):
    assert a_trigger(triggers, operation=operation).operation == operation.upper()


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
def test_what_is_no_trigger_is_refused(triggers, wrong):
    with pytest.raises(NotAllowed):
        a_trigger(triggers, **wrong)

    assert triggers.of(WEB) == []


def test_a_service_has_so_many_and_no_more(triggers):
    for _ in range(MOST_TRIGGERS):
        a_trigger(triggers)

    with pytest.raises(NotAllowed, match="delete one"):
        a_trigger(triggers)
    a_trigger(triggers, DB)


def test_they_are_found_by_whoever_reads_what_was_written(triggers):
    written = Written()
    made = a_trigger(Triggers(written, list))

    assert Triggers(Written(written.present), list).find(WEB, made.uuid) == made


@pytest.fixture
def full():
    """As many as there may be, ten of each service."""
    warned = []
    written = Written(warn=warned.append)
    triggers = Triggers(written, lambda: {str(number) for number in range(MOST_IN_ALL)} - {"7"})
    for number in range(MOST_IN_ALL):
        a_trigger(triggers, str(number // 10), name=f"t{number}")
    return triggers, warned


def test_of_too_many_the_oldest_of_a_service_that_is_gone_makes_room(full):
    triggers, warned = full

    made = a_trigger(triggers, DB)

    assert triggers.of(DB) == [made]
    assert [each.name for each in triggers.of("7")] == [f"t{number}" for number in range(71, 80)]
    (line,) = warned
    assert "it forgets 't70' of the service 7, which is gone" in line
    assert made.uuid not in line


def test_no_service_that_is_there_loses_one_to_another(full):
    triggers, _ = full
    for _ in range(10):
        a_trigger(triggers, "8")

    with pytest.raises(NotAllowed, match="The hub has at most 1000 triggers; delete one"):
        a_trigger(triggers, "8")
