"""The road as a whole: real rules, journal and writer; only the clock is set by hand."""

from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.arrivals import EXCERPT_BYTES
from reactor.journal import events, inputs, memory, sources
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.journal.evaluations import list_evaluations
from reactor.journal.summary import counts
from reactor.model.delivery import State
from reactor.model.errors import JournalUnavailable, WriteRefused
from reactor.model.event import Arrival, Note
from reactor.model.lookup import Found
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from reactor.pipeline import MAX_BATCH, MAX_FIRINGS
from tests.builders import NOON, replace
from tests.delivery.world import Statement
from tests.fakes import PATIENCE
from tests.roads import LOOKED_UP, RULES, Cloud, Road, a_frame, an_arrival


@pytest.fixture
def road(tmp_path):
    with closing(Road(tmp_path)) as road:
        yield road


def test_a_source_hears_of_nothing_before_it_is_on_the_disk(road):
    seen = []

    def look():
        with closing(open_reader(road.folder)) as reader:
            seen.append((events.find(reader, "line-1") is not None, len(road.committed)))

    road.receive(an_arrival(1, acknowledge=look))

    assert seen == [(True, 0)]
    assert len(road.committed) == 1


def test_one_transaction_holds_events_evaluations_and_deliveries(road):
    committed = road.receive(an_arrival(1), an_arrival(2))

    assert [event.id for event in committed.events] == ["line-1", "line-2"]
    assert [event.data["n"] for event in committed.events] == [1, 2]
    assert list(list_evaluations(road.reader)) == list(committed.evaluations)
    assert list(list_deliveries(road.reader)) == list(committed.deliveries)
    assert road.committed == [committed]


def test_a_frame_seen_twice_is_one_event_and_acknowledged_twice(road):
    heard = []
    twice = [an_arrival(1, acknowledge=lambda: heard.append(1)) for _ in range(2)]

    assert road.receive(*twice).duplicates == {"local": 1}
    assert road.receive(twice[0]).duplicates == {"local": 1}

    assert len(heard) == 3
    assert counts(road.reader).events == {"local": 1}
    assert counts(road.reader).duplicates == {"local": 2}


def test_two_sources_may_bring_the_same_id(road):
    committed = road.receive(an_arrival(1), an_arrival(1, source="other"))

    assert len(committed.events) == 2
    assert len({delivery.id for delivery in committed.deliveries}) == len(committed.deliveries)


def test_a_frame_that_is_no_event_is_kept_acknowledged_and_not_fatal(road):
    heard = []
    bad = Arrival(
        source="local", raw=b"{" + b"x" * 999, identity="b", acknowledge=lambda: heard.append(1)
    )

    committed = road.receive(bad, an_arrival(1))

    assert [(row.reason, row.size) for row in committed.rejections] == [("not_json", 1000)]
    assert len(committed.rejections[0].excerpt) == EXCERPT_BYTES
    assert len(committed.events) == 1
    assert heard == [1]


def test_inputs_are_numbered_without_a_gap_through_reloads_and_restarts(tmp_path):
    with closing(Road(tmp_path)) as road:
        road.receive(an_arrival(1), an_arrival(2))
        road.pipeline.adopt(road.ruleset(RULES))
        road.receive(an_arrival(3))

    with closing(Road(tmp_path)) as road:
        road.receive(an_arrival(4))
        rows = road.reader.execute("select sequence, kind, event_id from inputs order by sequence")
        assert [tuple(row) for row in rows] == [
            (1, "ruleset", None),
            (2, "event", "line-1"),
            (3, "event", "line-2"),
            (4, "ruleset", None),
            (5, "event", "line-3"),
            (6, "ruleset", None),
            (7, "event", "line-4"),
        ]


def test_a_throttle_remembers_through_a_restart(tmp_path):
    with closing(Road(tmp_path)) as road:
        road.receive(an_arrival(1), an_arrival(2))

    with closing(Road(tmp_path)) as road:
        road.now += timedelta(minutes=5, seconds=-1)
        road.receive(an_arrival(3))
        road.now += timedelta(seconds=1)
        road.receive(an_arrival(4))

        assert road.reasons() == [Reason.FIRED, Reason.FIRED, Reason.THROTTLED, Reason.FIRED]


@pytest.mark.parametrize(
    ("old", "new", "reason", "forgotten"),
    [
        ("each", "every", Reason.THROTTLED, 0),
        ("text: one", "text: eins", Reason.THROTTLED, 0),
        ("2 per 5m", "2 per 6m", Reason.FIRED, 3),
        ("group_by: key", "group_by: [key]", Reason.THROTTLED, 0),
        ("group_by: key", "group_by: type", Reason.FIRED, 3),
    ],
)
def test_a_reload_forgets_what_changed_and_nothing_else(road, old, new, reason, forgotten):
    road.receive(an_arrival(1), an_arrival(2), an_arrival(3))

    adopted = road.pipeline.adopt(road.ruleset(RULES.replace(old, new)))
    road.receive(an_arrival(4))

    assert adopted.total == forgotten
    assert road.reasons()[-1] is reason


def test_memory_that_says_nothing_any_more_is_dropped(road):
    road.receive(an_arrival(1))
    assert memory.load(road.reader)

    road.now += timedelta(days=30)
    road.pipeline.forget()

    assert memory.load(road.reader) == {}
    road.receive(an_arrival(2))
    assert road.reasons() == [Reason.FIRED, Reason.FIRED]


def test_what_cannot_be_committed_is_neither_acknowledged_nor_told(road):
    heard = []
    road.writer.close()

    with pytest.raises(JournalUnavailable):
        road.receive(an_arrival(1, acknowledge=lambda: heard.append(1)))

    assert (heard, road.committed) == ([], [])


def test_what_is_claimed_is_written_so_and_given_back_when_it_cannot_be(road):
    committed = road.receive(an_arrival(1))
    assert {delivery.state for delivery in committed.deliveries} == {State.RUNNING}
    assert list(list_deliveries(road.reader)) == list(committed.deliveries)

    road.writer.close()
    with pytest.raises(JournalUnavailable):
        road.receive(an_arrival(2))

    assert {delivery.event_id for delivery in road.given_back} == {"line-2"}


def test_it_runs_until_it_is_given_nothing(road):
    batches = [[an_arrival(1)], [], [an_arrival(2), an_arrival(3)], None]

    road.pipeline.run(lambda *_: batches.pop(0))

    assert [len(committed.events) for committed in road.committed] == [1, 2]


def test_it_takes_no_more_than_can_be_sent_while_the_next_is_decided(road):
    batches, asked = [[an_arrival(1)], [Note(source="lines", remember={})], None], []

    def take(most, _):
        asked.append(most)
        return batches.pop(0)

    road.pipeline.run(take)

    assert len(road.committed[0].deliveries) == 3
    assert asked == [MAX_BATCH, MAX_FIRINGS // 3, MAX_BATCH]


@contextmanager
def a_road():
    """hypothesis runs a test many times: each run has a journal of its own."""
    with TemporaryDirectory() as folder, closing(Road(Path(folder))) as road:
        yield road


def decided(frames, cuts):
    """All that is decided of these frames when they come in batches that end at `cuts`."""
    edges = [0, *sorted(cuts), len(frames)]
    with a_road() as road:
        for start, end in pairwise(edges):
            road.receive(*frames[start:end])
        rows = list(list_evaluations(road.reader))
        return rows, list(list_deliveries(road.reader)), inputs.last_sequence(road.reader)


FRAMES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab")), max_size=12).map(
    lambda found: [an_arrival(number, key=key) for number, key in found]
)


@settings(max_examples=25)  # each opens two journals
@given(FRAMES, st.lists(st.integers(0, 12), max_size=4))
def test_how_frames_fall_into_batches_changes_no_decision(frames, cuts):
    cuts = [min(cut, len(frames)) for cut in cuts]

    assert decided(frames, cuts) == decided(frames, [])


@settings(max_examples=25)  # each opens a journal
@given(FRAMES)
def test_every_match_has_one_reason_and_every_firing_one_delivery(frames):
    rows, deliveries, _ = decided(frames, [])
    distinct = len({frame.identity for frame in frames})

    for rule, action in (("each", "log"), ("some", "log"), ("some", "second")):
        assert sum((row.rule, row.action) == (rule, action) for row in rows) == distinct
    fired = [row.delivery_id for row in rows if row.reason is Reason.FIRED]
    assert fired == [delivery.id for delivery in deliveries]
    assert len(set(fired)) == len(fired)


def test_the_dispatcher_goes_over_before_anything_is_decided_by_the_new_rules(road):
    """Else it would bury what goes to a destination that it does not know yet."""
    heard = []
    new = road.ruleset(RULES.replace("each", "every"))

    road.pipeline.adopt(new, then=lambda: heard.append(list(road.committed)))
    road.receive(an_arrival(1))

    assert heard == [[]]
    assert road.reasons(rule="every") == [Reason.FIRED]


def test_forgetting_goes_on_until_all_that_expired_is_gone(road):
    key = MemoryKey("some", "", "throttle", "[]")
    old = {
        key._replace(key=f"[{number}]"): MemoryEntry("m", {}, NOON - timedelta(days=1))
        for number in range(2 * memory.SLICE + 1)
    }
    road.writer.submit(Batch(memory=old)).result(PATIENCE)

    road.pipeline.forget()

    assert memory.load(road.reader) == {}


def test_an_event_that_waits_for_a_lookup_is_accepted_and_decided_later(tmp_path):
    cloud, heard = Cloud(), []
    with closing(Road(tmp_path, LOOKED_UP, {"cloud": cloud})) as road:
        accepted = road.receive(replace(a_frame(), acknowledge=lambda: heard.append(1)))
        cloud.answer(name="web-1", exit_code=3)
        decided = road.receive(*road.told)

        assert heard == [1]
        assert ([each.id for each in accepted.accepted], accepted.events) == (["frame-1"], ())
        assert [each.request.body for each in decided.deliveries] == [("web-1: 3",)]
        stored = events.find(road.reader, "frame-1")
        assert (stored, list(events.undecided(road.reader))) == (decided.events[0], [])


def test_what_waited_when_the_process_ended_is_decided_by_the_next(tmp_path):
    with closing(Road(tmp_path, LOOKED_UP, {"cloud": Cloud()})) as road:
        road.receive(a_frame(1), a_frame(2, type="service"), an_arrival(3))
        assert counts(road.reader).events == {"cloud": 2, "local": 1}

    cloud = Cloud()
    with closing(Road(tmp_path, LOOKED_UP, {"cloud": cloud})) as road:
        road.pipeline.resume()
        cloud.answer(name="web-1", exit_code=3)
        decided = road.receive(*road.told)

        assert [event.id for event in decided.events] == ["frame-1", "frame-2"]
        assert road.reasons(rule="crashed") == [Reason.FIRED]
        rows = road.reader.execute("select event_id from inputs where kind = 'event'")
        assert [row["event_id"] for row in rows] == ["line-3", "frame-1", "frame-2"]


def test_the_rules_of_the_moment_decide_what_waited(tmp_path):
    cloud = Cloud()
    with closing(Road(tmp_path, LOOKED_UP, {"cloud": cloud})) as road:
        road.receive(a_frame())
        road.pipeline.adopt(road.ruleset(LOOKED_UP.replace("crashed", "failed")))
        cloud.answer(name="web-1", exit_code=3)
        road.receive(*road.told)

        assert road.reasons(rule="crashed") == []
        assert road.reasons(rule="failed") == [Reason.FIRED]


def test_what_sources_remember_is_written_with_their_events(road):
    road.receive(
        replace(an_arrival(1), remember={"since": 1, "gone": 1}),
        Note(source="local", remember={"since": 2, "gone": None}),
    )

    assert sources.recall(road.reader, "local") == {"since": 2}


def test_a_rule_that_a_failed_lookup_keeps_from_firing_is_named(tmp_path):
    cloud = Cloud()
    with closing(Road(tmp_path, LOOKED_UP, {"cloud": cloud})) as road:
        road.receive(a_frame())
        cloud.asked.pop(0)(Found(object=None, reason="404 Not Found"))
        committed = road.receive(*road.told)

        ((event, rules),) = committed.undecided
        assert (event.unknown["container"], rules) == ("404 Not Found", ("crashed",))


def test_what_the_journal_refused_was_not_remembered(road):
    road.writer.submit(Statement("alter table evaluations rename to gone")).result(PATIENCE)
    with pytest.raises(WriteRefused):
        road.receive(an_arrival(1))
    road.writer.submit(Statement("alter table gone rename to evaluations")).result(PATIENCE)

    road.receive(*map(an_arrival, range(2, 5)))

    assert road.reasons() == [Reason.FIRED, Reason.FIRED, Reason.THROTTLED]
