"""What gates remember."""

from datetime import timedelta

from reactor.journal.memory import SLICE, Trim, forget_others, load, save
from reactor.model.journal import Forgotten, GateMark
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, replace

WEB = MemoryKey("crash", "slack", "throttle", '["web"]')
DB = MemoryKey("crash", "slack", "throttle", '["db"]')


def an_entry(mark="mark-1", minutes=5, **value):
    return MemoryEntry(mark, value, NOON + timedelta(minutes=minutes))


def test_memory_comes_back_as_it_was(db):
    timer = replace(an_entry(), due_at=NOON + timedelta(microseconds=1))
    save(db, {WEB: an_entry(times=[1, 2]), DB: timer})

    assert load(db) == {WEB: an_entry(times=[1, 2]), DB: timer}


def test_a_change_replaces_and_none_forgets(db):
    save(db, {WEB: an_entry(count=1), DB: an_entry()})

    save(db, {WEB: an_entry(count=2), DB: None})

    assert load(db) == {WEB: an_entry(count=2)}


def test_gates_that_are_gone_or_changed_forget_and_say_what(db):
    gone = MemoryKey("deploy", "", "for", "[]")
    other = MemoryKey("crash", "slack", "throttle", '["cache"]')
    save(db, {WEB: an_entry("old"), other: an_entry("old"), DB: an_entry("new"), gone: an_entry()})

    forgotten = forget_others(
        db, frozenset({GateMark(rule="crash", action="slack", gate="throttle", mark="new")})
    )

    assert forgotten == (
        Forgotten(rule="crash", action="slack", gate="throttle", count=2),
        Forgotten(rule="deploy", action="", gate="for", count=1),
    )
    assert load(db) == {DB: an_entry("new")}


def test_trim_drops_what_expired_and_nothing_else(db):
    save(db, {WEB: an_entry(minutes=-1), DB: an_entry(minutes=0)})

    assert Trim(now=NOON).apply(db) == 1

    assert list(load(db)) == [DB]


def test_trim_drops_a_slice_at_a_time(db):
    keys = [MemoryKey("crash", "slack", "throttle", str(number)) for number in range(SLICE + 1)]
    db.execute("begin")
    save(db, dict.fromkeys(keys, an_entry(minutes=-1)))

    assert [Trim(now=NOON).apply(db) for _ in range(3)] == [SLICE, 1, 0]


def test_expired_memory_is_found_without_a_scan(db, scans):
    assert scans(lambda: Trim(now=NOON).apply(db)) == []
