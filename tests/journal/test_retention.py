"""Retention: what goes, what stays, and that nobody waits for it."""

from collections import Counter
from contextlib import closing
from datetime import timedelta
from itertools import count

import pytest

from reactor.journal import retention
from reactor.journal.batch import Batch
from reactor.journal.database import open_reader
from reactor.journal.deliveries import attempts_of
from reactor.journal.inputs import last_sequence
from reactor.journal.moves import Claim, Finish, Redeliver
from reactor.journal.retention import Part, Remove, RemoveRulesets, Retention, limits, sweep
from reactor.journal.rulesets import Adopt
from reactor.journal.standing import last_ruleset, standing
from reactor.model.delivery import Attempt, Move, State
from reactor.model.errors import JournalUnavailable
from reactor.model.event import Rejection
from reactor.model.journal import Finished, Input
from reactor.model.match import Evaluation, Reason
from reactor.model.rule import Keep
from tests.builders import NOON, a_delivery, an_event

DAY = timedelta(days=1)
KEEP = Keep(events=30 * DAY, deliveries=90 * DAY, dead_letters=180 * DAY)
OLD, OLDER, ANCIENT = NOON - 31 * DAY, NOON - 91 * DAY, NOON - 181 * DAY


class Past:
    """Writes a journal as the pipeline and the dispatcher would have, at any time."""

    def __init__(self, db):
        self.db, self.numbers = db, count(1)

    def adopt(self, name, at):
        Adopt(
            sequence=last_sequence(self.db) + 1,
            at=at,
            ruleset=name,
            text=f"rules: {name}",
            marks=frozenset(),
            destinations=frozenset(["ops"]),
        ).apply(self.db)

    def event(self, name, at, *states, ruleset="now", is_undecided=False):
        """An event that fired a delivery for each state, or was throttled."""
        event = an_event(uuid=name, at=at)
        deliveries = tuple(
            a_delivery(id=f"{name}/{state}", event_id=name, created_at=at, due_at=at, state=state)
            for state in states
        )
        rows = [self.evaluation(event, Reason.FIRED, each.id) for each in deliveries]
        decided = () if is_undecided else (event,)
        Batch(
            events=(event,),
            accepted=(event,) if is_undecided else (),
            inputs=tuple(self.input(each, ruleset) for each in decided),
            evaluations=tuple(
                rows or [self.evaluation(each, Reason.THROTTLED) for each in decided]
            ),
            deliveries=deliveries,
        ).apply(self.db)

    def evaluation(self, event, reason, delivery=None):
        return Evaluation(
            event_id=event.id,
            source=event.source,
            rule="r",
            action="log",
            reason=reason,
            at=event.received_at,
            key="[]",
            delivery_id=delivery,
        )

    def input(self, event, ruleset):
        return Input(
            sequence=last_sequence(self.db) + 1,
            decided_at=event.received_at,
            ruleset=ruleset,
            source=event.source,
            event_id=event.id,
        )

    def ended(self, name, at):
        """A delivery that was claimed and succeeded."""
        Claim(ids=(name,), at=at).apply(self.db)
        attempt = Attempt(
            delivery_id=name,
            number=1,
            started_at=at,
            ended_at=at,
            verdict="success",
            status=200,
            detail="200 OK",
        )
        Finish(results=(Finished(attempt=attempt, move=Move.SUCCEED),)).apply(self.db)


@pytest.fixture
def past(running):
    past = Past(running.writer._db)
    past.adopt("now", ANCIENT - DAY)
    return past


@pytest.fixture
def swept(running, tmp_path):
    """Sweeps once, and says how many rows went."""

    def act(keep=KEEP, now=NOON):
        if running._thread.ident is None:
            running.start()
        with closing(open_reader(tmp_path)) as reader:
            return sum(sweep(reader, running.writer, keep, now))

    return act


def rows(db, table, column="id"):
    return [row[0] for row in db.execute(f"select {column} from {table} order by 1")]  # noqa: S608


def test_an_old_event_goes_with_all_that_was_decided_of_it_and_a_young_one_stays(past, swept):
    past.event("old", OLD)
    past.event("young", NOON - 29 * DAY)
    past.event("newest", NOON)

    assert swept() == 3

    assert rows(past.db, "events") == ["newest", "young"]
    assert rows(past.db, "evaluations", "event_id") == ["newest", "young"]
    assert rows(past.db, "inputs", "event_id") == [None, "newest", "young"]


@pytest.mark.parametrize(
    ("state", "since", "stays"),
    [
        *((state, ANCIENT, True) for state in (State.PENDING, State.RUNNING, State.RETRYING)),
        (State.SUCCEEDED, OLD, True),
        (State.SUCCEEDED, OLDER, False),
        (State.CANCELLED, OLDER, False),
        (State.DEAD, OLDER, True),
        (State.DEAD, ANCIENT, False),
    ],
)
def test_what_fired_stays_with_its_event_for_as_long_as_its_delivery(
    past, swept, state, since, stays
):
    past.event("it", since, state)
    past.event("newest", NOON)

    swept()

    assert (rows(past.db, "deliveries") == [f"it/{state}"]) is stays
    assert len(rows(past.db, "requests", "delivery")) == stays
    for table, column in (("events", "id"), ("evaluations", "event_id"), ("inputs", "event_id")):
        assert ("it" in rows(past.db, table, column)) is stays


def test_of_two_deliveries_the_longer_kept_one_keeps_the_event_and_all_its_decisions(past, swept):
    past.event("it", OLDER, State.SUCCEEDED, State.DEAD)
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "deliveries") == ["it/dead"]
    assert rows(past.db, "events") == ["it", "newest"]
    assert rows(past.db, "evaluations", "event_id") == ["it", "it", "newest"]


def test_requests_and_attempts_go_with_their_delivery(past, swept):
    past.event("it", OLDER, State.PENDING)
    past.ended("it/pending", OLDER)

    swept()

    assert attempts_of(past.db, "it/pending") == []
    assert [rows(past.db, table, "delivery") for table in ("requests", "attempts")] == [[], []]


def test_a_dead_letter_that_is_sent_again_is_as_young_as_its_new_promise(past, swept):
    past.event("it", ANCIENT, State.DEAD)
    Redeliver(ids=("it/dead",), at=OLD).apply(past.db)
    past.ended("it/dead", OLD)

    swept()

    assert rows(past.db, "deliveries") == ["it/dead"]


def test_what_is_sent_again_while_it_is_looked_at_stays(past):
    past.event("it", ANCIENT, State.DEAD)
    past.event("newest", NOON)
    up_to = limits(KEEP, NOON)
    Redeliver(ids=("it/dead",), at=NOON).apply(past.db)

    for part in (Part.DELIVERIES, Part.EVENTS):
        assert Remove(part=part, numbers=(1,), limits=up_to).apply(past.db) == 0

    assert rows(past.db, "requests", "delivery") == [1]


def test_an_event_that_is_not_decided_stays(past, swept):
    past.event("it", ANCIENT, is_undecided=True)
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "events") == ["it", "newest"]


def test_the_newest_event_and_the_newest_input_stay_so_that_numbers_go_on(past, swept):
    for name in ("a", "b"):
        past.event(name, ANCIENT)

    swept()

    assert rows(past.db, "events") == ["b"]
    assert last_sequence(past.db) == 3


def test_the_newest_input_stays_even_if_its_event_came_before_others(past, swept):
    past.event("parked", ANCIENT, is_undecided=True)
    past.event("passes", ANCIENT)
    parked = an_event(uuid="parked", at=ANCIENT)
    Batch(decided=(parked,), inputs=(past.input(parked, "now"),)).apply(past.db)
    past.event("newest", ANCIENT, is_undecided=True)

    swept()

    assert rows(past.db, "events") == ["newest"]
    assert last_sequence(past.db) == 3


def test_what_stays_is_not_asked_for(past, running, tmp_path):
    past.event("dead", OLDER, State.DEAD)
    past.event("newest", NOON)
    running.start()

    with closing(open_reader(tmp_path)) as reader:
        assert [*sweep(reader, running.writer, KEEP, NOON)] == [0]  # the rule sets


def test_rule_sets_stay_while_anything_they_decided_does(past, swept):
    for name in ("unused", "old", "older", "now"):
        past.adopt(name, ANCIENT)
        if name == "older":
            past.event("fired", OLDER, State.DEAD, ruleset="older")
    past.event("newest", NOON)

    swept()

    assert rows(past.db, "rulesets", "hash") == ["now", "older"]
    assert last_ruleset(past.db).hash == "now"


def test_totals_stay_true(past, swept):
    past.event("old", OLD)
    past.event("fired", OLDER, State.SUCCEEDED)
    past.event("newest", NOON)
    before = standing(past.db)

    assert swept() > 0

    assert standing(past.db) == before


def test_rejections_go_like_events(past, swept):
    for at in (OLD, NOON):
        rejection = Rejection(source="a", received_at=at, reason="not_json", excerpt="", size=1)
        Batch(rejections=(rejection,)).apply(past.db)

    swept()

    assert rows(past.db, "rejections", "number") == [2]


def test_a_time_out_of_order_holds_nothing_up(past, swept, monkeypatch):
    monkeypatch.setattr(retention, "WINDOW", 3)  # else it takes a thousand events
    for name, at in enumerate((OLD, NOON + 3650 * DAY, OLD, OLD, OLD, OLD, NOON)):
        past.event(f"e-{name}", at)

    swept()

    assert rows(past.db, "events") == ["e-1", "e-6"]


def test_it_goes_in_slices_between_which_others_write(past, swept, monkeypatch, running, tmp_path):
    monkeypatch.setattr(retention, "SLICE", 2)  # else it takes hundreds of events
    for number in range(6):
        past.event(f"e-{number}", OLD)
    running.start()
    with closing(open_reader(tmp_path)) as reader:
        slices = []
        for removed in sweep(reader, running.writer, KEEP, NOON):
            running.writer.submit(RemoveRulesets()).result(10)
            slices.append(removed)

    assert slices == [2, 2, 1] * 3 + [0]


def test_on_a_full_disk_it_waits_for_nobody(past, swept, running):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.writer._trouble = "the disk is full"

    with pytest.raises(JournalUnavailable, match="disk is full"):
        swept()


def test_no_statement_of_it_scans_a_table(past, scans, db):
    del past
    up_to = limits(KEEP, NOON)
    Past(db).event("old", ANCIENT, State.SUCCEEDED)

    for part in Part:
        look = {"after": 0, "window": 10, **up_to}
        assert scans(lambda look=look, part=part: db.execute(retention._LOOK[part], look)) == []
        remove = Remove(part=part, numbers=(1,), limits=up_to)
        assert scans(lambda remove=remove: remove.apply(db)) == []


def test_a_chore_sweeps_when_it_is_due_and_tells_of_the_last_time(past, running, tmp_path):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)

    for _ in range(2):
        chore.work(KEEP)
        assert (chore.last.at, chore.last.removed) == (NOON, 3)


def test_a_chore_that_has_much_to_do_goes_on_the_next_time(past, running, tmp_path, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 1)  # else it takes hundreds of events
    monkeypatch.setattr(retention, "LONGEST_TURN", 0.0)  # else half a minute
    for number in range(4):
        past.event(f"e-{number}", OLD)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)
    turns = Counter()

    while chore.last is None:
        chore.work(KEEP)
        turns["taken"] += 1

    assert chore.last.removed == 9
    assert turns["taken"] > 9


def test_a_chore_that_is_stopped_leaves_off(past, running, tmp_path):
    past.event("old", OLD)
    past.event("newest", NOON)
    running.start()
    chore = Retention(lambda: open_reader(tmp_path), running.writer, lambda: NOON)
    chore.stop()

    chore.work(KEEP)

    assert chore.last is None


def test_room_that_a_burst_took_is_given_back_but_for_a_quarter(past, swept, running, tmp_path):
    events = (an_event(uuid=f"e-{n}", at=OLD, pad="x" * 20_000) for n in range(400))
    past.db.execute("begin")
    Batch(events=tuple(events)).apply(past.db)
    past.db.execute("commit")
    past.event("newest", NOON)

    swept()

    free, pages = retention._pages(past.db)
    assert free * retention.SPARE <= pages < 100
