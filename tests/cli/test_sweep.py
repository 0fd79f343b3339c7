"""Many deliveries at once: told before they are changed, each once, in slices."""

import os
import pty
import subprocess
import sys
from contextlib import closing, suppress

import pytest

from reactor.changes import REDELIVER_DEAD, SLICE
from reactor.cli.sweep import Consent, sweep
from reactor.journal.database import open_reader, open_writer
from reactor.journal.deliveries import insert_deliveries, list_deliveries
from reactor.journal.moves import bury_removed
from reactor.model.delivery import State
from reactor.model.journal import Selection
from tests.builders import a_delivery
from tests.cli.program import ROOT

LONG_AGO = "2030-01-01T00:00:00Z"
LATER = "2031-01-01T00:00:00Z"  # the crashes of the journal are of 2030, which is still to come
DEAD = ("deliveries", "--data-dir", "data", "redeliver", "--dead", "--since", LONG_AGO)
CANCEL = ("deliveries", "--data-dir", "data", "cancel")


@pytest.fixture
def dead(journal):
    """The journal of the crashes, in which the two deliveries to `ops` are dead."""
    with closing(open_writer(journal)) as db:
        assert bury_removed(db, frozenset()) == 2
    return journal


def states(data_dir):
    with closing(open_reader(data_dir)) as reader:
        return [delivery.state.value for delivery in list_deliveries(reader)]


def test_all_dead_since_a_time_are_sent_again_and_nothing_else(cli, dead):
    ran = cli(*DEAD, "--until", LATER, "--yes")

    assert (ran.code, ran.out, ran.err) == (0, "2 deliveries redelivered\n", "")
    assert states(dead) == ["pending"] * 6


@pytest.mark.parametrize(
    "options",
    [
        ("--rule", "any crash"),
        ("--destination", "nobody"),
        ("--until", "2030-01-01T00:00:00Z"),
        (),  # until now, which is before 2030
    ],
)
def test_nothing_that_is_meant_is_no_failure(cli, dead, options):
    ran = cli(*DEAD, *options)

    assert (ran.code, ran.out) == (0, "nothing to redeliver\n")
    assert states(dead).count("dead") == 2


def test_a_dry_run_tells_what_it_would_be_and_does_nothing(cli, dead):
    ran = cli(*DEAD, "--until", LATER, "--dry-run")

    assert ran.code == 0
    assert ran.lines == [
        "           2  web crashed → webhook to ops",
        "2 deliveries would be redelivered",
    ]
    assert states(dead).count("dead") == 2


def test_where_nobody_can_be_asked_it_takes_a_yes(cli, dead):
    ran = cli(*DEAD, "--until", LATER)

    assert ran.code == 2
    assert "web crashed → webhook to ops" in ran.err
    assert "--yes" in ran.err
    assert states(dead).count("dead") == 2


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, ["pending"] * 6), ("\n", 1, None), ("n\n", 1, None)]
)
def test_on_a_terminal_it_asks(dead, answer, code, left):
    before, (ours, theirs) = states(dead), pty.openpty()
    os.write(ours, answer.encode())
    ran = subprocess.run(
        [sys.executable, "-m", "reactor", *DEAD, "--until", LATER],
        cwd=dead.parent,
        env={"PYTHONPATH": str(ROOT)},
        stdin=theirs,
        capture_output=True,
        text=True,
        check=False,
    )
    with suppress(OSError):
        os.close(theirs)
    os.close(ours)

    assert ran.returncode == code
    assert "Redeliver 2 deliveries? [y/N]" in ran.stderr
    assert states(dead) == (left or before)


@pytest.mark.parametrize(
    ("options", "cancelled"),
    [
        (("--destination", "ops"), [0, 3]),
        (("--rule", "any crash", "--since", "2030-01-01T00:06:00Z"), [5]),
        (("--since", LONG_AGO), range(6)),
    ],
)
def test_all_that_wait_can_be_cancelled_by_what_they_are(cli, journal, options, cancelled):
    ran = cli(*CANCEL, *options, "--until", LATER, "--yes")

    assert ran.code == 0
    found = [place for place, state in enumerate(states(journal)) if state == "cancelled"]
    assert found == list(cancelled)


def test_what_is_dead_or_done_is_not_cancelled(cli, dead):
    cli(*CANCEL, "--until", LATER, "--yes")

    assert sorted(set(states(dead))) == ["cancelled", "dead"]


def test_many_go_in_slices_and_it_says_how_far_it_is(journal, capsys):
    count = 2 * SLICE + 500
    with closing(open_writer(journal)) as db:
        db.execute("begin")
        insert_deliveries(
            db, [a_delivery(id=f"d-{number}", state=State.DEAD) for number in range(count)]
        )
        db.execute("commit")

    sweep(
        journal,
        REDELIVER_DEAD,
        Selection(states=(State.DEAD,)),
        Consent(dry_run=False, yes=True),
    )

    said = capsys.readouterr()
    assert said.out == "2,500 deliveries redelivered\n"
    assert said.err.splitlines() == [
        "1,000 of 2,500 redelivered",
        "2,000 of 2,500 redelivered",
        "2,500 of 2,500 redelivered",
    ]
    assert set(states(journal)) == {"pending"}
