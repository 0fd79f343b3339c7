"""All is asked at once and told in its order; nobody is waited for without end."""

from threading import Event

import pytest

from reactor.cli.doctor.finding import well
from reactor.cli.doctor.rounds import Check, Patience, go_round
from tests.fakes import PATIENCE

SHORT = Patience(quiet=0.05, longest=0.2)


@pytest.fixture
def never():
    """An answer that does not come while the test runs."""
    event = Event()
    yield event
    event.set()


def a_check(name, waits_for=None, *, is_source=False):
    def look():
        if waits_for:
            waits_for.wait(PATIENCE)
        yield well(name, "fine")

    return Check(name=name, look=look, is_source=is_source)


def test_answers_are_told_in_the_order_of_the_questions():
    first, said = Event(), []

    def second():
        first.set()  # so the first one is done only after the second has begun
        yield well("second", "fine")

    checks = [a_check("first", first), Check(name="second", look=second)]

    assert [each.name for each in go_round(checks, said.append, Patience())] == ["first", "second"]
    assert said == []


def test_what_lasts_is_said_once_and_then_given_up(never):
    said = []
    checks = [
        a_check("source a", never, is_source=True),
        a_check("source b"),
        a_check("destination c", never),
    ]

    found = list(go_round(checks, said.append, SHORT))

    assert said == ["waiting for source a, destination c"]
    assert [(each.detail, each.code) for each in found] == [
        ("no answer within 0.2 s", 5),
        ("fine", 0),
        ("no answer within 0.2 s", 1),
    ]


def test_a_fault_of_ours_is_not_hidden():
    def look():
        raise LookupError("a fault of ours")

    with pytest.raises(LookupError):
        list(go_round([Check(name="odd", look=look)], print, Patience()))
