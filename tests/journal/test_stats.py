"""What became of everything, by rule and action."""

from datetime import timedelta

from reactor.journal.deliveries import insert_deliveries
from reactor.journal.evaluations import insert_evaluations
from reactor.journal.incidents import join
from reactor.journal.memory import save
from reactor.journal.stats import stats
from reactor.model.delivery import State
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, a_delivery, an_evaluation


def test_an_empty_journal_has_none(db):
    found = stats(db)

    assert not any((found.evaluations, found.timers, found.deliveries, found.keys, found.incidents))


def test_timers_stand_apart_from_what_an_event_matched(db):
    insert_evaluations(db, [an_evaluation(), an_evaluation(event_id="", source="")])

    found = stats(db)

    fired = {("every event", "log", Reason.FIRED): 1}
    assert (found.evaluations, found.timers) == (fired, fired)


def test_deliveries_are_counted_by_their_state(db):
    states = {"a": State.DEAD, "b": State.PENDING, "c": State.DEAD}
    insert_deliveries(db, [a_delivery(id=name, state=state) for name, state in states.items()])

    assert stats(db).deliveries == {
        ("every event", "webhook"): {State.DEAD: 2, State.PENDING: 1},
    }


def test_a_key_counts_once_and_what_all_rules_share_is_no_rule_s(db):
    entry = MemoryEntry("m", {}, NOON + timedelta(hours=1))
    keys = [
        MemoryKey("crash", "", "clock", '["a"]'),
        MemoryKey("crash", "slack", "throttle", '["a"]'),
        MemoryKey("crash", "", "clock", '["b"]'),
        MemoryKey("", "", "link", "cloud"),
    ]
    save(db, dict.fromkeys(keys, entry))

    assert stats(db).keys == {"crash": 2}


def test_incidents_are_counted_while_they_are_open(db):
    def part(name, phase):
        return Joined(
            id=name,
            rule="crash",
            key="[]",
            phase=phase,
            at=NOON,
            since=NOON,
            count=1,
            event_id="e-1",
            source="local",
        )

    join(db, [part("a", Phase.OPENED), part("b", Phase.OPENED), part("b", Phase.RESOLVED)])

    assert stats(db).incidents == {"crash": 1}
