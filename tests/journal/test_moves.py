"""Changes of state: every pair of state and move on real rows, and long walks over them."""

import tempfile
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from reactor.journal.database import open_writer
from reactor.journal.deliveries import attempts_of, due, get, insert_deliveries
from reactor.journal.lanes import pauses, windows
from reactor.journal.moves import Cancel, Claim, Finish, Hasten, Redeliver, Release, bury_removed
from reactor.model.delivery import Attempt, Move, State, next_state
from reactor.model.journal import Finished, Pause
from tests.builders import NOON, a_delivery, replace

LATER = NOON + timedelta(minutes=1)
WAITING = (State.PENDING, State.RETRYING)
UNDONE = (*WAITING, State.RUNNING)
ENDINGS = (Move.SUCCEED, Move.RETRY, Move.BURY)


def an_attempt(delivery_id="delivery-1", number=1):
    return Attempt(
        delivery_id=delivery_id,
        number=number,
        started_at=NOON,
        ended_at=LATER,
        verdict="retry",
        status=503,
        detail="503 Service Unavailable",
    )


def a_finish(move, delivery_id="delivery-1", number=1):
    due_at = LATER if move is Move.RETRY else None
    reason = "503 Service Unavailable" if move is Move.BURY else None
    attempt = an_attempt(delivery_id, number)
    return Finished(attempt=attempt, move=move, due_at=due_at, reason=reason)


def write_of(move, state):
    """What makes `move` in the product; waiting deliveries are buried with their destination."""
    if move is Move.BURY and state in WAITING:
        return lambda db: bury_removed(db, frozenset())
    if move in ENDINGS:
        return Finish(results=(a_finish(move),)).apply
    return {
        Move.CLAIM: Claim(ids=("delivery-1",), at=LATER),
        Move.CANCEL: Cancel(ids=("delivery-1",)),
        Move.REDELIVER: Redeliver(ids=("delivery-1",), at=LATER),
    }[move].apply


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_a_move_leads_where_the_model_says_or_nowhere(db, state, move):
    insert_deliveries(db, [a_delivery(state=state)])

    write_of(move, state)(db)

    found = get(db, "delivery-1")
    assert found is not None
    assert found.state is (next_state(state, move) or state)
    ended = state is State.RUNNING and move in ENDINGS
    assert attempts_of(db, "delivery-1") == ([an_attempt()] if ended else [])


def test_a_claim_counts_the_attempt_and_says_what_it_got(db):
    insert_deliveries(db, [a_delivery(), a_delivery(id="done", state=State.SUCCEEDED)])

    assert Claim(ids=("delivery-1", "done", "unknown"), at=NOON).apply(db) == {"delivery-1"}
    assert get(db, "delivery-1") == a_delivery(state=State.RUNNING, attempts=1)


def test_a_finish_says_what_it_recorded(db):
    running = State.RUNNING
    insert_deliveries(db, [a_delivery(id="a", state=running), a_delivery(id="b", state=running)])
    insert_deliveries(db, [a_delivery(id="c", state=State.CANCELLED)])

    recorded = Finish(
        results=(a_finish(Move.RETRY, "a"), a_finish(Move.BURY, "b"), a_finish(Move.BURY, "c"))
    ).apply(db)

    assert recorded == {"a", "b"}
    assert get(db, "a") == a_delivery(id="a", state=State.RETRYING, due_at=LATER)
    assert get(db, "b") == a_delivery(id="b", state=State.DEAD, reason="503 Service Unavailable")


def test_an_attempt_cannot_end_in_a_move_of_others(db):
    insert_deliveries(db, [a_delivery(state=State.RUNNING)])

    with pytest.raises(ValueError, match="cannot end with the move 'cancel'"):
        Finish(results=(a_finish(Move.CANCEL),)).apply(db)


def test_what_ran_during_a_crash_is_due_again_and_the_attempt_is_told(db):
    insert_deliveries(db, [a_delivery(), a_delivery(id="waits")])
    Claim(ids=("delivery-1",), at=NOON).apply(db)

    assert Release(at=LATER).apply(db) == 1

    assert get(db, "delivery-1") == a_delivery(state=State.RETRYING, attempts=1, due_at=LATER)
    assert attempts_of(db, "delivery-1") == [
        Attempt(
            delivery_id="delivery-1",
            number=1,
            started_at=NOON,
            ended_at=LATER,
            verdict="interrupted",
            status=None,
            detail="reactor ended during this attempt",
        )
    ]
    assert get(db, "waits") == a_delivery(id="waits")


def test_a_redelivery_of_the_dead_passes_over_what_is_not_dead_any_more(db):
    insert_deliveries(
        db, [a_delivery(id="d", state=State.DEAD), a_delivery(id="s", state=State.SUCCEEDED)]
    )

    told = Redeliver(ids=("s", "d", "x"), at=LATER, only_dead=True).apply(db)

    assert told == {"d": "redelivered"}
    assert get(db, "s").state is State.SUCCEEDED


def test_a_redelivery_is_a_new_promise_of_the_same(db):
    insert_deliveries(db, [a_delivery()])
    Claim(ids=("delivery-1",), at=NOON).apply(db)
    Finish(results=(a_finish(Move.BURY),)).apply(db)

    assert Redeliver(ids=("delivery-1",), at=LATER).apply(db) == {"delivery-1": "redelivered"}

    assert get(db, "delivery-1") == a_delivery(attempts=1, promised_at=LATER, due_at=LATER)
    assert attempts_of(db, "delivery-1") == [an_attempt()]


def test_what_cannot_be_done_is_told_per_delivery(db):
    insert_deliveries(db, [a_delivery(id="p"), a_delivery(id="s", state=State.SUCCEEDED)])

    assert Redeliver(ids=("p", "s", "x"), at=NOON).apply(db) == {
        "p": "it is pending; only succeeded or dead or cancelled can be redelivered",
        "s": "redelivered",
        "x": "there is no such delivery",
    }
    assert Cancel(ids=("p", "p", "x")).apply(db)["x"] == "there is no such delivery"


def test_no_move_scans(db, scans):
    insert_deliveries(db, [a_delivery(order_key="k")])
    writes = [write_of(move, State.RUNNING) for move in Move]

    for write in (*writes, Release(at=NOON).apply, write_of(Move.BURY, State.PENDING)):
        assert scans(lambda write=write: write(db)) == []


IDS = tuple("abcdef")
ORDER = dict(zip(IDS, ("k", "k", "k", "l", "l", None), strict=True))


class Walk(RuleBasedStateMachine):
    """Any order of claims, ends, crashes and an operator's commands, against the model's table."""

    some = st.sets(st.sampled_from(IDS), min_size=1).map(lambda ids: tuple(sorted(ids)))

    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.db = open_writer(Path(self.folder.name))
        rows = [a_delivery(id=each, order_key=ORDER[each]) for each in IDS]
        insert_deliveries(self.db, rows)
        self.states = dict.fromkeys(IDS, State.PENDING)
        self.attempts = dict.fromkeys(IDS, 0)

    def has_turn(self, name):
        """Whether no earlier undone delivery has the same order_key."""
        key, earlier = ORDER[name], IDS[: IDS.index(name)]
        return key is None or not any(
            ORDER[each] == key and self.states[each] in UNDONE for each in earlier
        )

    def move(self, name, move):
        self.states[name] = next_state(self.states[name], move) or self.states[name]

    @rule(ids=some)
    def claim(self, ids):
        expected = {each for each in ids if self.states[each] in WAITING and self.has_turn(each)}
        assert Claim(ids=ids, at=NOON).apply(self.db) == expected
        for each in expected:
            self.move(each, Move.CLAIM)
            self.attempts[each] += 1

    @rule(ids=some, move=st.sampled_from(ENDINGS))
    def finish(self, ids, move):
        results = tuple(a_finish(move, each, self.attempts[each]) for each in ids)
        recorded = Finish(results=results).apply(self.db)
        assert recorded == {each for each in ids if self.states[each] is State.RUNNING}
        for each in recorded:
            self.move(each, move)

    @rule()
    def crash(self):
        Release(at=NOON).apply(self.db)
        for each in IDS:
            if self.states[each] is State.RUNNING:
                self.move(each, Move.RETRY)

    @rule(ids=some)
    def cancel(self, ids):
        Cancel(ids=ids).apply(self.db)
        for each in ids:
            self.move(each, Move.CANCEL)

    @rule(ids=some)
    def redeliver(self, ids):
        Redeliver(ids=ids, at=NOON).apply(self.db)
        for each in ids:
            self.move(each, Move.REDELIVER)

    @invariant()
    def states_and_attempts_are_those_of_the_model(self):
        rows = self.db.execute("select id, state, attempts from deliveries").fetchall()
        assert {row["id"]: row["state"] for row in rows} == self.states
        assert {row["id"]: row["attempts"] for row in rows} == self.attempts

    @invariant()
    def what_is_due_waits_and_has_its_turn(self):
        expected = {each for each in IDS if self.states[each] in WAITING and self.has_turn(each)}
        assert {delivery.id for delivery in due(self.db, "ops", LATER, 10)} == expected

    @invariant()
    def every_attempt_that_ended_has_its_row(self):
        for each in IDS:
            ended = self.attempts[each] - (self.states[each] is State.RUNNING)
            numbers = [attempt.number for attempt in attempts_of(self.db, each)]
            assert numbers == list(range(1, ended + 1))

    def teardown(self):
        self.db.close()
        self.folder.cleanup()


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=60, stateful_step_count=40)


def test_what_was_planned_in_a_future_that_is_no_more_is_due_at_the_start(db):
    insert_deliveries(db, [a_delivery(due_at=NOON + timedelta(days=1))])

    Release(at=NOON).apply(db)

    assert get(db, "delivery-1").due_at == NOON


PAUSE = Pause(since=NOON, why="503 Busy", failures=9, probes=4, probe_at=LATER)


def failed(db, *names, at=NOON):
    """Deliveries whose first attempt, begun at `at`, has failed; due again a day later."""
    for number, name in enumerate(names):
        promised = NOON - timedelta(seconds=60 - number)
        insert_deliveries(db, [a_delivery(id=name, promised_at=promised)])
        Claim(ids=(name,), at=at).apply(db)
        due_at = NOON + timedelta(days=1)
        Finish(results=(replace(a_finish(Move.RETRY, name), due_at=due_at),)).apply(db)


def test_what_failed_is_due_at_once_and_before_what_was_promised_later(db):
    failed(db, "a", "b", "c")
    insert_deliveries(db, [a_delivery(id="d", due_at=NOON - timedelta(seconds=1))])

    Hasten(lane="ops", at=NOON).apply(db)

    assert [delivery.id for delivery in due(db, "ops", NOON, 9)] == ["a", "b", "c", "d"]


def test_what_failed_since_waits_for_its_time(db):
    failed(db, "a", at=LATER)

    assert Hasten(lane="ops", at=NOON).apply(db) is None
    assert due(db, "ops", LATER, 9) == []


def test_much_that_failed_is_hastened_in_slices(db):
    failed(db, "a", "b", "c")

    first = Hasten(lane="ops", at=NOON, most=2).apply(db)
    second = Hasten(lane="ops", at=NOON, most=2, after=first).apply(db)
    third = Hasten(lane="ops", at=NOON, most=2, after=second).apply(db)

    assert (first, second, third) == (2, 3, None)


def test_hastening_reads_nothing_but_what_failed_in_the_lane(db, scans):
    failed(db, "a")

    assert scans(lambda: Hasten(lane="ops", at=NOON).apply(db)) == []


def test_a_claim_keeps_what_the_rate_limits_count(db):
    insert_deliveries(db, [a_delivery()])

    Claim(ids=("delivery-1",), at=NOON, windows={"ops": ((NOON, 1),)}).apply(db)

    assert windows(db) == {"ops": ((NOON, 1),)}


def test_a_pause_and_its_notice_are_kept_with_the_attempt_that_they_are_learnt_from(db):
    insert_deliveries(db, [a_delivery()])
    Claim(ids=("delivery-1",), at=NOON).apply(db)
    notice = a_delivery(id="notice", lane="pager")
    finish = Finish(results=(a_finish(Move.RETRY),), pauses={"ops": PAUSE}, notices=(notice,))

    finish.apply(db)
    finish.apply(db)  # the notice is there already

    assert pauses(db) == {"ops": PAUSE}
    assert get(db, "notice") == notice
