"""The queue before the pipeline: bounded, in order, and open to a stop at any moment."""

from threading import Event, Thread

import pytest

from reactor.model.errors import Stopping
from reactor.model.event import Arrival, Frame, Note
from reactor.model.lookup import Answer, Found, Need
from reactor.model.signal import Linked
from reactor.sources.intake import BATCH_BYTES, Intake, IntakeFeed
from tests.fakes import PATIENCE


def an_arrival(number=0, raw=b"{}", source="s"):
    return Arrival(source=source, raw=raw, identity=str(number))


A_NOTE = Note(source="s", remember={"baseline": "now"})
AN_ANSWER = Answer(
    source="s",
    event_id="1",
    need=Need("service", "/api/app/v1/service/1/", fresh=False),
    found=Found(object={"name": "web"}),
)


def identities(arrivals):
    return [arrival.identity for arrival in arrivals]


class Putting:
    """A source's thread that hands in so many frames; `is_through` when all are in."""

    def __init__(self, intake, count, raw=b"{}"):
        self.is_through, self.was_stopped = Event(), Event()
        self._thread = Thread(target=self._run, args=(intake, count, raw))
        self._thread.start()

    def _run(self, intake, count, raw):
        try:
            for number in range(count):
                intake.put(an_arrival(number, raw))
        except Stopping:
            self.was_stopped.set()
        else:
            self.is_through.set()

    def join(self):
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def test_frames_come_out_in_their_order_and_at_most_so_many():
    intake = Intake()
    for number in range(5):
        intake.put(an_arrival(number))

    assert identities(intake.take(3)) == ["0", "1", "2"]
    assert identities(intake.take(3)) == ["3", "4"]


def test_large_frames_come_out_a_few_at_a_time():
    """Each may stand whole in the body of every rule that fires on it."""
    intake = Intake()
    for number in range(4):
        intake.put(an_arrival(number, b"x" * (BATCH_BYTES // 2 + 1)))

    assert identities(intake.take(500)) == ["0", "1"]
    assert identities(intake.take(500)) == ["2", "3"]


def test_taking_waits_for_the_first_frame():
    intake, taken = Intake(), []
    taker = Thread(target=lambda: taken.extend(intake.take(10)))
    taker.start()

    intake.put(an_arrival(7))

    taker.join(PATIENCE)
    assert identities(taken) == ["7"]


def test_taking_gives_up_after_its_time():
    assert Intake().take(10, timeout=0.01) == []


@pytest.mark.parametrize(
    "intake",
    [Intake(max_frames=4, max_bytes=1_000_000), Intake(max_frames=1_000, max_bytes=4 * 10)],
    ids=["by number", "by size"],
)
def test_a_full_intake_makes_a_source_wait_until_it_is_half_empty(intake):
    source = Putting(intake, 6, raw=b"0123456789")
    while len(intake) < 4:
        pass
    assert not source.is_through.wait(0.05)

    intake.take(1)
    assert not source.is_through.wait(0.05)

    intake.take(1)
    assert source.is_through.wait(PATIENCE)
    source.join()


def test_a_frame_larger_than_the_intake_is_let_in_alone():
    intake = Intake(max_frames=10, max_bytes=5)

    intake.put(an_arrival(raw=b"0123456789"))

    assert len(intake.take(10)) == 1
    assert len(intake) == 0


def test_frames_notes_and_answers_come_out_in_the_order_they_went_in():
    intake = Intake()
    items = [an_arrival(1), A_NOTE, AN_ANSWER, an_arrival(2)]
    for item in items:
        (intake.tell if item is AN_ANSWER else intake.put)(item)

    assert intake.take(10) == items


def test_an_offer_is_taken_when_there_is_room_and_never_waits():
    intake = Intake(max_frames=1)

    assert intake.offer(an_arrival(1))
    assert not intake.offer(an_arrival(2))

    assert identities(intake.take(10)) == ["1"]
    assert intake.offer(an_arrival(2))


def test_an_answer_is_let_in_though_there_is_no_room():
    """The events that would make room wait for it."""
    intake = Intake(max_frames=1)
    intake.put(an_arrival())

    intake.tell(AN_ANSWER)

    assert intake.take(10)[1] == AN_ANSWER


def test_a_source_that_is_held_waits_and_no_other():
    intake = Intake()
    intake.hold(frozenset({"s"}))
    source = Putting(intake, 1)

    assert not intake.offer(an_arrival(1))
    assert intake.offer(an_arrival(2, source="other"))
    intake.tell(AN_ANSWER)
    assert not source.is_through.wait(0.05)

    intake.hold(frozenset())
    assert source.is_through.wait(PATIENCE)
    source.join()


def test_closing_lets_a_held_source_go():
    intake = Intake()
    intake.hold(frozenset({"s"}))
    source = Putting(intake, 1)

    intake.close()

    source.join()
    assert source.was_stopped.is_set()


def test_closing_lets_a_waiting_source_go_without_its_frame():
    intake = Intake(max_frames=1)
    source = Putting(intake, 2)
    while len(intake) < 1:
        pass

    intake.close()

    source.join()
    assert source.was_stopped.is_set()
    assert identities(intake.take(10)) == ["0"]


def test_closing_lets_a_waiting_taker_go():
    intake, taken = Intake(), []
    taker = Thread(target=lambda: taken.append(intake.take(10)))
    taker.start()

    intake.close()

    taker.join(PATIENCE)
    assert taken == [None]
    assert intake.is_closed


def test_a_taker_waits_for_nothing_longer_than_it_says():
    assert Intake().take(10, timeout=0.001) == []


def test_a_closed_intake_takes_nothing_more():
    intake = Intake()
    intake.close()

    with pytest.raises(Stopping):
        intake.put(an_arrival())
    with pytest.raises(Stopping):
        intake.offer(an_arrival())
    intake.tell(AN_ANSWER)
    assert intake.take(10) is None


def test_a_signal_is_let_in_even_when_it_is_full():
    intake = Intake(max_frames=1)
    intake.put(an_arrival())

    intake.tell(Linked("s", is_connected=True))

    assert intake.take(10)[1:] == [Linked("s", is_connected=True)]


def test_a_feed_puts_the_name_of_its_source_on_every_frame():
    intake, acknowledged = Intake(), Event()
    feed = IntakeFeed(intake=intake, source="local", platform=True)
    feed.connected()
    feed.put(Frame(b'{"n": 1}', "line-1", {"cause": "crash"}, acknowledge=acknowledged.set))

    (arrival,) = intake.take(1)

    assert arrival == Arrival(
        source="local",
        raw=b'{"n": 1}',
        identity="line-1",
        platform=True,
        facts={"cause": "crash"},
        acknowledge=acknowledged.set,
    )


def test_a_feed_offers_frames_with_what_is_to_be_remembered():
    intake = Intake(max_frames=1)
    feed = IntakeFeed(intake=intake, source="cloud", platform=True)

    assert feed.offer(Frame(b"{}", "1", remember={"container/1": None}))
    assert not feed.offer(Frame(b"{}", "2"))

    assert intake.take(10) == [
        Arrival(
            source="cloud",
            raw=b"{}",
            identity="1",
            platform=True,
            remember={"container/1": None},
        )
    ]


def test_a_feed_keeps_and_finds_what_a_source_remembers():
    intake = Intake()
    feed = IntakeFeed(intake=intake, source="s", platform=True, recall=lambda: {"baseline": "now"})

    feed.remember({"baseline": "now"})

    assert intake.take(10) == [A_NOTE]
    assert feed.recall() == {"baseline": "now"}
    assert IntakeFeed(intake=intake, source="s", platform=True).recall() == {}
