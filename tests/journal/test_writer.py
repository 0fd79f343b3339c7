"""The writer: one transaction for what waits, and patience with a full disk."""

import sqlite3
from dataclasses import dataclass
from threading import Event, Thread

import pytest

from reactor.journal import writer as writing
from reactor.journal.database import open_reader, open_writer
from reactor.model.errors import JournalUnavailable
from tests.fakes import PATIENCE, Scarce
from tests.service import eventually

FULL = (
    "the journal cannot be written: database or disk is full; "
    "nothing is accepted or sent until it can be"
)


@dataclass(frozen=True)
class Note:
    """A write set of these tests: one row, and its number."""

    name: str
    size: int = 0

    def apply(self, db):
        row = (self.name, "x" * self.size)
        return db.execute("insert into rulesets values (?, ?, 0) returning hash", row).fetchone()[
            "hash"
        ]


@dataclass(frozen=True)
class Breaks:
    """A write set that can never be applied."""

    fault: BaseException

    def apply(self, db):
        db.execute("insert into rulesets values ('half', '', 0)")
        raise self.fault


def names(folder):
    reader = open_reader(folder)
    found = [row["hash"] for row in reader.execute("select hash from rulesets order by hash")]
    reader.close()
    return found


def commits(folder):
    """How many transactions the log holds: frames that end one have the size of the database."""
    log = (folder / "reactor.db-wal").read_bytes()
    frames = [log[at : at + 8] for at in range(32, len(log), 24 + 4096)]
    return sum(frame[4:] != b"\0\0\0\0" for frame in frames)


def test_a_future_has_the_result_when_it_is_on_the_disk(running, tmp_path):
    running.start()

    assert running.writer.submit(Note("a")).result(10) == "a"
    assert names(tmp_path) == ["a"]


def test_what_waits_is_committed_together_in_order(running, tmp_path):
    before = commits(tmp_path)
    futures = [running.writer.submit(Note(str(number))) for number in range(9)]
    running.start()

    assert [future.result(10) for future in futures] == list("012345678")
    assert commits(tmp_path) == before + 1


def test_one_transaction_takes_so_many_and_no_more(running, tmp_path):
    before = commits(tmp_path)
    many = writing.MAX_TOGETHER + 1
    futures = [running.writer.submit(Note(str(number))) for number in range(many)]
    running.start()

    assert [future.result(10) for future in futures] == [str(number) for number in range(many)]
    assert commits(tmp_path) == before + 2


def test_what_may_linger_goes_with_what_comes_after_it(running, monkeypatch, tmp_path):
    # Nothing that these tests wait for may end because the time is over.
    monkeypatch.setattr(writing, "LINGER_SECONDS", 3600.0)
    running.start()
    before = commits(tmp_path)

    lingering = running.writer.submit(Note("a"), may_linger=True)
    running.writer.submit(Note("b")).result(10)

    assert lingering.result(10) == "a"
    assert commits(tmp_path) == before + 1


@pytest.mark.parametrize(
    "fault",
    [
        sqlite3.IntegrityError("a conflict"),
        ValueError("no column holds it"),
        OverflowError("too large"),
        JournalUnavailable("a gap"),
    ],
)
def test_only_the_guilty_write_fails(running, tmp_path, fault):
    good, bad, other = (
        running.writer.submit(write) for write in (Note("a"), Breaks(fault), Note("b"))
    )
    running.start()

    assert [good.result(10), other.result(10)] == ["a", "b"]
    with pytest.raises(JournalUnavailable, match=str(fault)):
        bad.result(10)
    assert names(tmp_path) == ["a", "b"]


def test_a_full_disk_loses_nothing_and_is_told_once(running, tmp_path):
    db = running.writer._db
    db.execute("pragma max_page_count = 64")
    futures = [running.writer.submit(Note(str(number), size=100_000)) for number in range(4)]
    seen = []

    def make_room(_sentence):
        seen.append((running.writer.trouble, [future.done() for future in futures]))
        db.execute("pragma max_page_count = 1000000")

    running.on_trouble = make_room
    running.start()

    assert [future.result(10) for future in futures] == list("0123")
    assert names(tmp_path) == list("0123")
    assert running.told == [FULL, "the journal can be written again"]
    assert seen == [(FULL, [False] * 4), (None, [False] * 4)]


def test_who_is_not_patient_is_told_that_the_disk_is_full_and_others_wait(running, tmp_path):
    running.writer._db.execute("pragma max_page_count = 30")
    patient = running.writer.submit(Note("a", size=100_000))
    hasty = running.writer.submit(Note("b", size=100_000), is_patient=False)
    running.start()

    with pytest.raises(JournalUnavailable, match="disk is full"):
        hasty.result(10)
    eventually(lambda: running.writer.trouble, "the writer waits for room")
    with pytest.raises(JournalUnavailable, match="disk is full"):
        running.writer.submit(Note("c"), is_patient=False)
    assert not patient.done()


def test_a_full_disk_that_only_the_impatient_found_is_no_trouble(running, tmp_path):
    running.writer._db.execute("pragma max_page_count = 30")
    hasty = running.writer.submit(Note("a", size=100_000), is_patient=False)
    running.start()

    assert isinstance(hasty.exception(10), JournalUnavailable)
    assert running.writer.submit(Note("b")).result(10) == "b"
    assert running.told == []


def test_trouble_is_tried_again_and_again_and_told_once(running, monkeypatch):
    monkeypatch.setattr(writing, "RETRY_SECONDS", 0.001)  # else the test takes seconds
    running.writer._db.execute("pragma max_page_count = 30")
    tried = Event()
    attempts = []

    class Stubborn(Note):
        def apply(self, db):
            attempts.append(self)
            if len(attempts) == 5:
                tried.set()
            return super().apply(db)

    future = running.writer.submit(Stubborn("a", size=100_000))
    running.start()

    assert tried.wait(10)
    assert not future.done()
    assert len(running.told) == 1


@pytest.mark.parametrize("happened", ["deleted", "replaced"])
def test_a_journal_that_is_taken_away_takes_nothing_more(running, tmp_path, happened):
    """SQLite would go on writing into the deleted file, and nobody would ever read it."""
    running.start()
    running.writer.submit(Note("kept")).result(10)
    (tmp_path / "reactor.db").unlink()
    if happened == "replaced":
        (tmp_path / "reactor.db").touch()

    with pytest.raises(JournalUnavailable, match="was deleted or replaced while in use"):
        running.writer.submit(Note("lost")).result(10)


def test_closing_on_a_full_disk_fails_what_waits(running, tmp_path):
    running.writer._db.execute("pragma max_page_count = 64")
    futures = [running.writer.submit(Note(str(number), size=100_000)) for number in range(4)]
    running.on_trouble = lambda _sentence: running.writer.close()
    running.start()

    outcomes = [future.exception(10) for future in futures]

    kept = [str(number) for number, outcome in enumerate(outcomes) if outcome is None]
    assert isinstance(outcomes[-1], JournalUnavailable)
    assert "disk is full" in str(outcomes[-1])
    running.close()
    assert names(tmp_path) == kept


def test_closing_writes_what_waits_and_leaves_no_log(running, tmp_path):
    future = running.writer.submit(Note("a"))
    running.writer.close()
    running.start()
    running.close()

    assert future.result(0) == "a"
    assert not (tmp_path / "reactor.db-wal").exists()
    with pytest.raises(JournalUnavailable, match="closed"):
        running.writer.submit(Note("b"))


def test_submit_blocks_while_too_many_wait(running, monkeypatch):
    monkeypatch.setattr(writing, "MAX_WAITING", 2)  # a thousand fsyncs prove no more
    futures = [running.writer.submit(Note(name)) for name in ("a", "b")]
    through = Event()

    def submit_one_more():
        futures.append(running.writer.submit(Note("c")))
        through.set()

    waiting = Thread(target=submit_one_more)
    waiting.start()
    assert not through.wait(0.1)

    running.start()
    waiting.join(10)
    assert [future.result(10) for future in futures] == ["a", "b", "c"]


def test_a_closing_writer_lets_those_who_wait_to_submit_go(running, monkeypatch):
    monkeypatch.setattr(writing, "MAX_WAITING", 1)  # a thousand fsyncs prove no more
    running.writer.submit(Note("a"))
    refused = Event()

    def submit_one_more():
        with pytest.raises(JournalUnavailable):
            running.writer.submit(Note("b"))
        refused.set()

    waiting = Thread(target=submit_one_more)
    waiting.start()
    running.writer.close()

    assert refused.wait(10)
    waiting.join(10)


def test_a_fault_of_ours_ends_the_thread_but_leaves_nobody_waiting(tmp_path):
    writer = writing.Writer(open_writer(tmp_path), print)
    futures = [writer.submit(write) for write in (Note("a"), Breaks(ZeroDivisionError("bug")))]

    with pytest.raises(ZeroDivisionError):
        writer.run()

    assert all(isinstance(future.exception(0), JournalUnavailable) for future in futures)
    assert names(tmp_path) == []


def test_a_future_cannot_be_cancelled(running):
    future = running.writer.submit(Note("a"))

    assert not future.cancel()


@pytest.fixture
def short(running, monkeypatch):
    """A writer on a full disk. With the reserve it has room for what is urgent, and no more."""
    monkeypatch.setattr(writing, "RETRY_SECONDS", 0.01)  # else each test takes seconds
    db, reserve = running.writer._db, Scarce()
    running.writer._reserve = reserve
    db.execute("pragma max_page_count = 40")

    def react(sentence):
        if "reserve" in sentence:
            db.execute("pragma max_page_count = 10000")

    running.on_trouble = react
    running.big = running.writer.submit(Note("big", size=200_000))
    running.start()
    eventually(lambda: not reserve.is_there, "the reserve was given up")
    return running


def make_room(running):
    running.writer._reserve.has_room = True


def test_the_reserve_is_for_what_is_urgent_and_all_else_waits_for_room(short, tmp_path):
    calm = short.writer.submit(Note("calm"))
    urgent = short.writer.submit(Note("urgent"), is_urgent=True)

    assert urgent.result(PATIENCE) == "urgent"
    assert names(tmp_path) == ["urgent"]
    assert short.writer.trouble == FULL

    make_room(short)
    assert [short.big.result(PATIENCE), calm.result(PATIENCE)] == ["big", "calm"]
    assert short.writer.trouble is None


def test_that_the_reserve_is_given_up_is_told_once(short):
    for number in range(3):
        short.writer.submit(Note(str(number)), is_urgent=True).result(PATIENCE)
    make_room(short)
    short.big.result(PATIENCE)

    reserve = "the reserve was given up, to record what is under way"
    assert short.told == [FULL, reserve, "the journal can be written again"]


def test_what_is_urgent_and_found_the_disk_full_itself_goes_first(running, tmp_path):
    db, running.writer._reserve = running.writer._db, Scarce()
    db.execute("pragma max_page_count = 40")
    running.on_trouble = lambda _sentence: db.execute("pragma max_page_count = 10000")
    calm = running.writer.submit(Note("calm", size=200_000))
    urgent = running.writer.submit(Note("urgent"), is_urgent=True)
    running.start()

    urgent.result(PATIENCE)

    assert names(tmp_path) == ["urgent"]
    assert not calm.done()


def test_a_reserve_that_is_used_up_lets_the_urgent_wait_too(short):
    short.writer._db.execute("pragma max_page_count = 40")
    urgent = short.writer.submit(Note("urgent", size=200_000), is_urgent=True)
    asked = short.writer.submit(Note("asked"), is_urgent=True)

    with pytest.raises(TimeoutError):
        urgent.result(0.1)

    short.writer._db.execute("pragma max_page_count = 10000")
    assert [urgent.result(PATIENCE), asked.result(PATIENCE)] == ["urgent", "asked"]


def test_closing_on_the_reserve_refuses_what_is_not_urgent(short, tmp_path):
    short.close()

    with pytest.raises(JournalUnavailable, match="disk is full"):
        short.big.result(0)
    assert names(tmp_path) == []


def test_a_reserve_that_comes_back_with_nothing_left_to_write_ends_the_trouble(running):
    db, reserve = running.writer._db, Scarce()
    reserve.has_room = True
    running.writer._reserve = reserve
    db.execute("pragma max_page_count = 40")
    running.on_trouble = lambda _sentence: db.execute("pragma max_page_count = 10000")
    running.start()

    running.writer.submit(Note("urgent", size=200_000), is_urgent=True).result(PATIENCE)

    eventually(lambda: running.writer.trouble is None, "the trouble is over")
    assert reserve.is_there


@dataclass(frozen=True)
class Waits:
    """A write set that takes its time."""

    begun: Event
    go_on: Event

    def apply(self, db):
        self.begun.set()
        assert self.go_on.wait(PATIENCE)


def test_it_owes_a_sign_of_life_only_while_it_writes(running):
    begun, go_on = Event(), Event()
    running.start()
    running.writer.submit(Note("a")).result(PATIENCE)
    assert running.writer.pulse.overdue() == 0

    future = running.writer.submit(Waits(begun, go_on))
    assert begun.wait(PATIENCE)
    assert running.writer.pulse.overdue() > 0

    go_on.set()
    future.result(PATIENCE)
