from datetime import timedelta

import pytest

from reactor.engine.runs import Run
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.waiting import Answer, Ask, Lines, Pending
from tests.builders import replace
from tests.platforms.docker.story import Story, a_container, an_event, at


def a_pending(seconds=0.0, container="c0ffee", **fields):
    return Pending(
        known=Known(id=container, state="Stopped"), at=at(seconds), identity=(), data={}, **fields
    )


def a_death(seconds=0.0, container="c0ffee"):
    run = Run(started_at=at(seconds - 5), died_at=at(seconds))
    return a_pending(
        seconds, container, run=run, ask=Ask(id=container, until=at(seconds), at=at(seconds))
    )


def test_what_waits_is_handed_in_after_two_seconds_at_the_latest():
    assert a_pending(1).deadline == at(1) + timedelta(seconds=2)


def test_of_an_answer_the_end_of_its_own_run_is_taken():
    pending, found = a_death(10), a_container(started_at=at(5), oom_killed=True, restart_count=3)

    pending.take(Answer(container=found, evidence={"log_tail": "out of memory"}))

    assert pending.ask is None
    assert pending.run.oom_killed is True
    assert (pending.known.oom_killed, pending.known.restart_count) == (True, 3)
    assert pending.evidence == {"log_tail": "out of memory"}


@pytest.mark.parametrize(("labels", "code"), [({"exitCode": "0"}, 1), ({}, 0)])
def test_where_a_label_may_stand_for_the_exit_code_the_answer_tells_it(labels, code):
    pending, run = a_death(10), a_death(10).run
    pending.run = replace(run, exit_code=0)

    pending.take(Answer(container=a_container(started_at=at(5), exit_code=1, labels=labels)))

    assert pending.run.exit_code == code
    assert pending.known.exit_code == (1 if labels else None)


MASKED = {"exitCode": "0"}


FOUND = a_container(state="Stopped", exit_code=1, labels=MASKED)


@pytest.mark.parametrize(
    ("before", "found", "cause", "code"),
    [
        (["create"], FOUND, "crash", 1),
        (["create"], None, "unknown", None),  # it is gone
        ([], FOUND, "crash", 1),  # what labels it has only the inspection tells
    ],
)
def test_a_label_fakes_no_exit_code(before, found, cause, code):
    story = Story(answers=Answer(container=found))
    events = [an_event(action, seconds=n, **MASKED) for n, action in enumerate([*before, "die"])]

    end = story.tell(*events)[-1]

    assert end.line[1:3] == ("Stopped", cause)
    assert end.facts["container"].get("exit_code") == code


def test_of_an_answer_about_a_later_run_only_the_count_of_restarts_is_taken():
    pending, found = a_death(10), a_container(started_at=at(11), oom_killed=False, restart_count=3)

    pending.take(Answer(container=found))

    assert pending.run.oom_killed is None
    assert (pending.known.oom_killed, pending.known.restart_count) == (None, 3)


def test_an_engine_that_lets_nobody_in_is_about_to_end():
    run = Run(started_at=at(5), died_at=at(10))
    ask = Ask(id="c0ffee", until=at(10), at=at(9.99))  # by our clock
    pending = a_pending(10, run=run, ask=ask)

    pending.take(Answer(is_shut=True))

    assert pending.run.loss.at == at(10)
    assert pending.run.loss.how == "the engine lets nobody in any more, as one that ends"


@pytest.mark.parametrize("pending", [a_death(), a_pending()])
def test_an_engine_that_could_not_say_adds_nothing(pending):
    before = pending.known, pending.run

    pending.take(Answer())

    assert (pending.known, pending.run, pending.ask) == (*before, None)


def test_each_container_has_a_line_of_its_own():
    lines = Lines()
    first, second, other = a_death(3), a_pending(4), a_pending(2, "d00d")
    for pending in (first, second, other):
        lines.add(pending)

    assert lines.heads() == [first, other]
    assert lines.oldest() == at(2)
    assert list(lines.line("c0ffee")) == [first, second]
    assert (lines.death("c0ffee"), lines.death("d00d"), lines.deaths()) == (first, None, [first])

    lines.pop("c0ffee")
    assert lines.head("c0ffee") is second
    lines.pop("c0ffee")
    assert lines.head("c0ffee") is None
    assert list(lines.line("c0ffee")) == []


def test_the_first_that_is_due_says_when_to_look_again():
    lines = Lines()
    assert (lines.next_due(), lines.oldest()) == (None, None)

    lines.add(a_pending(3))
    lines.add(a_pending(2.5, "d00d"))

    assert lines.next_due() == at(4.5)


def test_what_was_found_late_waits_from_when_it_was_asked_for_and_no_event_waits_with_it():
    found, lines = a_death(), Lines()
    found.data, found.ask = {"inferred": True}, Ask(id="c0ffee", until=at(0), at=at(100))
    lines.add(found)

    assert (found.deadline, lines.oldest()) == (at(102), None)
    lines.add(a_pending(50))
    lines.add(a_pending(60))
    assert lines.oldest() == at(50)
