"""What is known of one run, and what of it belongs to its end."""

import pytest

from tests.runs import DEATH, a_run, seconds

# Of the boundaries the first moment is inside, the next one outside.
BOUNDARIES = [
    ("kill(9)-60 die(137)", "is_killed", True),
    ("kill(9)-60.000001 die(137)", "is_killed", False),
    ("kill(1)-1 die(137)", "is_killed", False),  # SIGHUP asks for a reload
    ("kill(1)-1 die(129)", "is_killed", True),  # but nobody had told the program
    ("kill(10)-60.000001 die(138)", "is_killed", False),
    ("kill(3)-2 die(1)", "is_killed", True),
    ("kill(3)-2.000001 die(1)", "is_killed", False),  # it had survived that
    ("kill(3)-60 die(0)", "is_killed", True),
    ("kill(3)-60 die(131)", "is_killed", True),
    ("die(137) kill(15)+0.5", "is_killed", False),  # meant for the next run
    ("oom-10 die(137)", "is_oom", True),
    ("oom-10.000001 die(137)", "is_oom", False),
    ("oom+2 die(137)", "is_oom", True),  # cgroups tell it late at times
    ("new-60 die(0)", "is_replaced", True),
    ("new-60.000001 die(0)", "is_replaced", False),
    ("new+2 die(0)", "is_replaced", True),
    ("new+2.000001 die(0)", "is_replaced", False),
    ("new+2 die(0)", "is_replaced_late", False),
    ("new+2.000001 die(0)", "is_replaced_late", True),
    ("new+60 die(0)", "is_replaced_late", True),
    ("new+60.000001 die(0)", "is_replaced_late", False),
    ("kill(15)-0.1 die(0) stop+2", "is_stopped", True),
    ("kill(15)-0.1 die(0) stop+2.000001", "is_stopped", False),
    ("kill(15)-0.1 die(0) stop-2", "is_stopped", True),
    ("kill(15)-299 die(0) stop+0.1", "is_stopped", True),  # docker stop -t 300
    ("kill(28)-1 die(0) stop+0.1", "is_stopped", True),  # STOPSIGNAL SIGWINCH, as of httpd
    ("die(1) stop+0.1", "is_stopped", False),  # in back-off
    ("die(1) stop+0.1 podman", "is_stopped", True),
    ("kill(9)-0.1 die(137) destroy+2", "is_stopped", True),
    ("kill(9)-0.1 die(137) destroy+2.000001", "is_stopped", False),
    ("die(1) destroy+0.1", "is_stopped", False),  # docker run --rm
    ("die(1) destroy+0.1 podman", "is_stopped", False),
    ("kill(1)-5 die(1) destroy+0.1", "is_stopped", False),  # --rm, some time after a reload
    ("die(0) restart+2 podman", "is_stopped", True),
    ("die(0) restart+2.000001 podman", "is_stopped", False),
    ("die(1) restart+1", "is_stopped", False),  # started again by hand
    ("stop+0", "is_stopped", True),
    ("destroy+0", "is_stopped", True),
    ("start-30", "is_stopped", False),
    ("destroy+0", "is_removal", True),
    ("stop-1 destroy+0", "is_removal", False),
    ("die(1) destroy+0", "is_removal", False),
    ("start-30", "is_removal", False),
    ("start-29.999999 die(1)", "is_short", True),
    ("start-30 die(1)", "is_short", False),
    ("start-1 stop+0", "is_short", False),  # it did not die
    ("die(1)", "is_short", False),  # nobody saw its start
]


@pytest.mark.parametrize(("sequence", "question", "answer"), BOUNDARIES)
def test_a_run_knows_what_belongs_to_its_end(sequence: str, question: str, answer: bool) -> None:
    assert getattr(a_run(sequence), question) is answer


def test_a_run_ends_with_its_death_or_with_what_is_told_instead() -> None:
    assert a_run("stop-1 die(0) destroy+1").ended_at == DEATH
    assert a_run("stop-1 destroy+1").ended_at == DEATH - seconds(1)
    assert a_run("destroy+1").ended_at == DEATH + seconds(1)
    assert a_run("start-30 kill(15)-1 oom-1").ended_at is None


def test_a_run_lasts_from_its_start_to_its_death() -> None:
    assert a_run("start-30 die(0) stop+1").lasted == seconds(30)
    assert a_run("start-30 stop+1").lasted is None
    assert a_run("die(0)").lasted is None


def test_only_kills_before_the_end_have_to_do_with_it() -> None:
    run = a_run("kill(1)-3600 kill(15)-10 kill(9)+0 die(137) start+0.1 kill(2)+0.2")

    assert [kill.signal for kill in run.requests] == [1, 15, 9]
    assert [kill.signal for kill in run.last_requests] == [15, 9]
