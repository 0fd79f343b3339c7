"""The power fails at any instant: what was acknowledged is there, and the journal is whole."""

from contextlib import closing
from itertools import count
from random import Random
from threading import Thread

import apsw
import pytest

from reactor.journal import writer as writing
from reactor.journal.batch import Batch
from reactor.journal.database import open_writer
from reactor.journal.inputs import last_sequence
from reactor.journal.moves import Claim, Finish, Release
from reactor.journal.writer import Writer
from reactor.model.delivery import Attempt, Move
from reactor.model.journal import Finished, Input
from tests.builders import NOON, a_delivery, an_event
from tests.crash.power import Acknowledged, Recorded, Tape, cuts, no_fault

LIVES, CUTS = 6, 50


class Life:
    """A service without its threads: accepts, claims and finishes, and keeps who was told what."""

    def __init__(self, tape, writer, names):
        self.tape, self.writer, self.names = tape, writer, names
        self.sequence = 0

    def told(self, what, *identities):
        """A callback: it runs in the writer's thread, before anything else is written."""
        return lambda done: self.tape.entries.extend(
            Acknowledged(what, identity) for identity in identities if not done.exception()
        )

    def batch(self, size):
        """Events of which each fires one delivery."""
        names = [f"event-{next(self.names)}" for _ in range(size)]
        events = tuple(an_event(uuid=name, pad="x" * 300) for name in names)
        first, self.sequence = self.sequence + 1, self.sequence + size
        inputs = tuple(
            Input(
                sequence=number,
                decided_at=NOON,
                ruleset="r",
                source=event.source,
                event_id=event.id,
            )
            for number, event in enumerate(events, first)
        )
        deliveries = tuple(a_delivery(id=f"of-{name}", event_id=name) for name in names)
        future = self.writer.submit(Batch(events=events, inputs=inputs, deliveries=deliveries))
        future.add_done_callback(self.told("accepted", *names))
        return future, [delivery.id for delivery in deliveries]

    def deliver(self, ids):
        """Claim them, and record that they succeeded."""
        claim = self.writer.submit(Claim(ids=tuple(ids), at=NOON))
        claim.add_done_callback(self.told("claimed", *ids))
        finish = self.writer.submit(Finish(results=tuple(map(succeeded, ids))))
        finish.add_done_callback(self.told("finished", *ids))
        return finish

    def live(self, chance, batches):
        """Some work, two write sets at a time, so that some share a commit."""
        before = None
        for _ in range(batches):
            accepted, ids = self.batch(chance.randrange(1, 8))
            done = self.deliver(before) if before else accepted
            accepted.result(60)
            done.result(60)
            before = ids


def succeeded(identity):
    attempt = Attempt(
        delivery_id=identity,
        number=1,
        started_at=NOON,
        ended_at=NOON,
        verdict="success",
        status=200,
        detail="200 OK",
    )
    return Finished(attempt=attempt, move=Move.SUCCEED)


def lived(folder, chance, names, *, synchronous=None, fault=no_fault, batches=60):
    """The tape of one life on the journal in `folder`; its end is no clean one."""
    tape = Tape(folder)
    db = Recorded(tape, fault)
    if synchronous:
        db.execute(f"pragma synchronous = {synchronous}")
    writer = Writer(db, lambda _sentence: None)
    thread = Thread(target=writer.run)
    thread.start()
    life = Life(tape, writer, names)
    life.sequence = last_sequence(db)
    writer.submit(Release(at=NOON)).result(60)
    try:
        life.live(chance, batches)
    finally:
        writer.close()
        thread.join(60)
    return tape


def missing(folder, acknowledged):
    """What was acknowledged and is not there. The journal is opened as by the service."""
    with closing(open_writer(folder)) as db:
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        sequence = [row[0] for row in db.execute("select sequence from inputs order by 1")]
        assert sequence == list(range(1, len(sequence) + 1))
        found = {
            "accepted": {row[0] for row in db.execute("select id from events")},
            "claimed": {row[0] for row in db.execute("select id from deliveries where attempts")},
            "finished": {
                row[0]
                for row in db.execute(
                    "select id from deliveries where state = 'succeeded' and number in "
                    "(select delivery from attempts) and number in (select delivery from requests)"
                )
            },
        }
    return {told for told in acknowledged if told.identity not in found[told.what]}


@pytest.fixture
def journal(tmp_path):
    """A new one, whole and closed."""
    folder = tmp_path / "journal"
    folder.mkdir()
    open_writer(folder).close()
    return folder


def test_three_hundred_power_cuts_lose_nothing_and_damage_nothing(tmp_path, journal):
    chance, names, earlier = Random(3), count(1), frozenset()
    for life in range(LIVES):
        failed = list(cuts(lived(journal, chance, names), chance, CUTS))
        for number, cut in enumerate(failed):
            image = cut.lay_out(tmp_path / f"life-{life}-{number}")
            assert missing(image, cut.acknowledged | earlier) == set()
        last = chance.choice(failed)  # after which the next life begins
        journal, earlier = last.lay_out(tmp_path / f"life-{life}"), last.acknowledged | earlier


def test_without_the_sync_of_each_commit_the_same_cuts_lose_what_was_acknowledged(
    tmp_path, journal
):
    """So that the test above is known to see it."""
    chance, lost = Random(3), []
    tape = lived(journal, chance, count(1), synchronous="normal")

    for number, cut in enumerate(cuts(tape, chance, CUTS)):
        image = cut.lay_out(tmp_path / f"cut-{number}")
        lost.append(missing(image, cut.acknowledged))

    assert sum(map(bool, lost)) > CUTS / 4


@pytest.fixture
def failing(monkeypatch):
    """A disk that fails at one write in a hundred, and one sync in twenty."""
    monkeypatch.setattr(writing, "RETRY_SECONDS", 0.001)  # else each failure takes a second
    chance, often = Random(5), {"write": 0.01, "sync": 0.05}
    failed = []

    def fault(what):
        if chance.random() < often[what]:
            failed.append(what)
            code = {"write": apsw.SQLITE_IOERR_WRITE, "sync": apsw.SQLITE_IOERR_FSYNC}[what]
            raise apsw.exception_for(code)

    return fault, failed


def test_a_disk_that_fails_now_and_then_is_asked_again_and_nothing_is_lost(journal, failing):
    fault, failed = failing

    tape = lived(journal, Random(3), count(1), fault=fault)

    acknowledged = {entry for entry in tape.entries if isinstance(entry, Acknowledged)}
    assert len(acknowledged) > 400
    assert {"write", "sync"} <= set(failed)
    assert missing(journal, acknowledged) == set()
