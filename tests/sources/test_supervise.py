from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.errors import SourceLost, SourceRefused, Stopping
from reactor.model.event import Frame
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.signal import Linked
from reactor.sources.supervise import SourceState, Supervisor, World, backoff
from tests.builders import replace
from tests.fakes import CountingStop, FullFeed, RecordingFeed

SPEC = SourceSpec(name="local", type="docker", options={}, place=Place("rules.yaml", 1, 1))


class Scripted:
    """A source whose connections go as told: each act is run, or raised, in its turn."""

    peer = "a script"

    def __init__(self, *acts):
        self._acts = list(acts)

    def run(self, feed, stop):
        act = self._acts.pop(0)
        if isinstance(act, Exception):
            raise act
        act(feed, stop)


class Surroundings:
    """A world whose time stands still until it is moved, and whose jitter is always a half."""

    def __init__(self):
        self.seconds, self.lines, self.refusals, self.links = 0.0, [], [], []

    def world(self):
        return World(
            now=lambda: datetime(2030, 1, 7, 12, tzinfo=UTC) + timedelta(seconds=self.seconds),
            monotonic=lambda: self.seconds,
            jitter=lambda: 0.5,
            log=self.lines.append,
            on_refused=self.refusals.append,
            on_link=self.links.append,
        )

    def connected_for(self, seconds):
        """A connection that holds for so long and then is lost."""

        def act(feed, stop):
            feed.connected()
            self.seconds += seconds
            raise SourceLost("gone")

        return act


@pytest.fixture
def around():
    return Surroundings()


def supervised(around, *acts, feed=None, **options):
    return Supervisor(SPEC, Scripted(*acts), feed or RecordingFeed(), around.world(), **options)


def connect(feed, stop):
    feed.connected()


def connect_and_lose(feed, stop):
    feed.connected()
    raise SourceLost("gone")


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (1, 1),
        (2, 2),
        (3, 4),
        (4, 8),
        (5, 16),
        (6, 32),
        (7, 60),  # 64, over the ceiling
        (8, 60),
        (100_000, 60),  # and nothing overflows
    ],
)
def test_backoff_doubles_from_a_second_to_a_minute(failures, seconds):
    assert backoff(failures, 1.0) == timedelta(seconds=seconds)


@given(st.integers(1, 1 << 70), st.floats(0, 1, exclude_max=True), st.integers(1, 60))
def test_backoff_stays_within_its_bounds(failures, jitter, seconds):
    longest = timedelta(seconds=seconds)

    assert timedelta() <= backoff(failures, jitter, longest) <= longest


@given(st.integers(1, 20), st.floats(0, 1))
def test_jitter_is_full_on_every_step(failures, jitter):
    expected = backoff(failures, 1.0).total_seconds() * jitter

    assert backoff(failures, jitter).total_seconds() == pytest.approx(expected, abs=1e-6)


def test_a_source_that_stays_lost_is_tried_ever_more_seldom(around):
    stop = CountingStop(4)

    supervised(around, *[SourceLost("no such file")] * 4).run(stop)

    assert stop.pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_type_of_source_may_be_tried_more_often(around):
    stop = CountingStop(5)

    supervised(around, *[SourceLost("gone")] * 5, longest_pause=timedelta(seconds=5)).run(stop)

    assert stop.pauses == [0.5, 1.0, 2.0, 2.5, 2.5]


@pytest.mark.parametrize(("held", "pause"), [(59.0, 2.0), (60.0, 0.5)])
def test_after_a_stable_minute_a_loss_counts_as_the_first(around, held, pause):
    lost = SourceLost("refused")
    stop = CountingStop(3)

    supervised(around, lost, lost, around.connected_for(held)).run(stop)

    assert stop.pauses[-1] == pause


def test_each_transition_is_told_in_a_line(around):
    supervised(around, SourceLost("no such file"), connect).run(CountingStop(9))

    assert around.lines == [
        "source local: no connection: no such file; trying again in 0.5 s",
        "source local: connected to a script",
        "source local: ended",
    ]


def test_what_stays_as_it_is_is_told_once_a_minute(around):
    def lose_later(feed, stop):
        around.seconds += 20
        raise SourceLost("gone")

    supervised(around, *[lose_later] * 7, SourceLost("no such file")).run(CountingStop(8))

    told = [line.removeprefix("source local: ").split("; ")[0] for line in around.lines]
    # After 20, 80 and 140 s, and when it is another loss.
    assert told == [*["no connection: gone"] * 3, "no connection: no such file", "stopped"]


def test_every_connection_that_breaks_is_told(around):
    supervised(around, SourceLost("gone"), *[connect_and_lose] * 2).run(CountingStop(3))

    assert [line.split(": ")[1].split()[0] for line in around.lines] == [
        *("no", "connected", "lost", "connected", "lost", "stopped"),
    ]


def test_a_refused_source_is_tried_again_every_five_minutes(around):
    stop = CountingStop(2)

    supervised(around, SourceRefused("permission denied"), SourceRefused("still")).run(stop)

    assert stop.pauses == [300.0, 300.0]
    assert around.lines[0] == (
        "source local: refused: permission denied; trying again in 5 minutes"
    )
    assert [status.state for status in around.refusals] == [SourceState.REFUSED] * 2
    assert around.refusals[0].detail == "permission denied"


def test_any_other_error_counts_as_lost_and_shows_where_it_was(around):
    stop = CountingStop(1)

    supervised(around, ZeroDivisionError("by zero")).run(stop)

    assert stop.pauses == [0.5]
    assert "Traceback" in around.lines[0]
    assert "no connection: ZeroDivisionError: by zero" in around.lines[1]


def test_tracebacks_of_one_kind_are_told_once_a_minute(around):
    def fail_later(feed, stop):
        around.seconds += 60
        raise KeyError("b")

    acts = [KeyError("a"), KeyError("a"), ValueError("other"), fail_later]

    supervised(around, *acts).run(CountingStop(4))

    told = [line.rpartition("\n")[2] for line in around.lines if "Traceback" in line]
    assert told == ["KeyError: 'a'", "ValueError: other", "KeyError: 'b'"]


def test_the_status_counts_frames_and_connections(around):
    def two_frames(feed, stop):
        feed.connected()
        feed.put(Frame(b"{}", "1"))
        feed.put(Frame(b"{}", "2"))
        raise SourceLost("gone")

    feed = RecordingFeed()
    supervisor = supervised(around, two_frames, two_frames, feed=feed)

    supervisor.run(CountingStop(2))

    assert (supervisor.status.received, supervisor.status.connections) == (4, 2)
    assert len(feed.frames) == 4


def test_an_offer_counts_when_it_was_taken(around):
    def offer(feed, stop):
        assert feed.offer(Frame(b"{}", "1", remember={"container/1": "Running"}))
        assert not feed.offer(Frame(b"{}", "2"))

    supervisor = supervised(around, offer, feed=FullFeed(room=1))
    supervisor.run(Event())

    assert supervisor.status.received == 1


def test_what_a_source_remembers_goes_through_to_the_journal(around):
    recalled = []

    def remember(feed, stop):
        feed.remember({"baseline": "now"})
        feed.offer(Frame(b"{}", "1", remember={"container/1": "Running"}))
        recalled.append(feed.recall())

    supervised(around, remember).run(Event())

    assert recalled == [{"baseline": "now", "container/1": "Running"}]


def test_the_status_says_since_when_and_why(around):
    seen = []

    def look(feed, stop):
        around.seconds = 5.0
        feed.connected()
        seen.append(supervisor.status)

    supervisor = supervised(around, look)
    seen.append(supervisor.status)
    supervisor.run(Event())
    seen.append(supervisor.status)

    assert [status.state.value for status in seen] == ["starting", "connected", "ended"]
    assert [status.since.second for status in seen] == [0, 5, 5]
    assert seen[1].detail == "a script"


def test_saying_connected_twice_is_one_connection(around):
    def twice(feed, stop):
        feed.connected()
        feed.connected()

    supervisor = supervised(around, twice)
    supervisor.run(Event())

    assert supervisor.status.connections == 1
    assert around.lines == ["source local: connected to a script", "source local: ended"]


@pytest.mark.parametrize(
    ("acts", "links"),
    [
        ([SourceLost("gone"), SourceRefused("no key")], [False]),
        ([connect], [False, True, False]),  # the stream came to its end
        ([connect_and_lose, connect], [False, True, False, True, False]),
    ],
)
def test_it_is_told_when_the_source_connects_and_when_it_is_connected_no_longer(
    around, acts, links
):
    supervised(around, *acts).run(CountingStop(len(acts)))

    assert around.links == [Linked("local", is_connected=each) for each in links]


def test_a_closed_road_stops_the_source(around):
    supervisor = supervised(around, Stopping("closed"))

    supervisor.run(Event())

    assert supervisor.status.state is SourceState.STOPPED


def test_a_loss_while_we_stop_is_no_news(around):
    def lost_by_stopping(feed, stop):
        stop.set()
        raise SourceLost("the reader is gone")

    supervisor = supervised(around, lost_by_stopping)
    supervisor.run(Event())

    assert supervisor.status.state is SourceState.STOPPED
    assert around.lines == ["source local: stopped"]


def test_losses_refusals_and_faults_are_warnings_where_there_is_an_ear_for_them(around):
    warnings = []
    world = replace(around.world(), warn=warnings.append)
    acts = [SourceLost("gone"), SourceRefused("no key"), ValueError("ours"), connect]
    supervisor = Supervisor(SPEC, Scripted(*acts), RecordingFeed(), world)

    supervisor.run(CountingStop(9))

    assert [word in "\n".join(warnings) for word in ("gone", "no key", "ours")] == [True] * 3
    assert [line.split(": ")[1].split()[0] for line in around.lines] == ["connected", "ended"]


def test_frames_that_were_taken_are_told_to_others(around):
    told = []

    def offer(feed, stop):
        feed.put(Frame(b"{}", "1"))
        feed.offer(Frame(b"{}", "2"))
        feed.offer(Frame(b"{}", "3"))

    world = replace(around.world(), on_frame=told.append)
    Supervisor(SPEC, Scripted(offer), FullFeed(room=2), world).run(Event())

    assert [frame.identity for frame in told] == ["1", "2"]


def test_a_connection_that_is_told_again_goes_on_and_counts_once(around):
    class Counting(RecordingFeed):
        times = 0

        def connected(self):
            self.times += 1

    def twice(feed, stop):
        feed.connected()
        feed.connected()

    feed = Counting()
    supervisor = supervised(around, twice, feed=feed)
    supervisor.run(Event())

    assert (feed.times, supervisor.status.connections) == (2, 1)
