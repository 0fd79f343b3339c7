"""A decision in the making."""

from reactor.engine.compiled import CompiledRules
from reactor.engine.draft import Decision, Draft, Situation
from reactor.engine.remembered import Remembered
from reactor.model.match import Reason
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON, a_ruleset

KEY = MemoryKey("rule", "", "for", "[]")


def draft(**entries: MemoryEntry) -> Draft:
    memory = Remembered({KEY._replace(key=name): entry for name, entry in entries.items()})
    return Draft(Situation(rules=CompiledRules(a_ruleset()), actions={}, memory=memory), NOON)


def test_what_is_remembered_lies_over_what_was_before() -> None:
    before, after = MemoryEntry("m", {"n": 1}, NOON), MemoryEntry("m", {"n": 2}, NOON)
    made = draft(a=before)
    key = KEY._replace(key="a")

    made.remember(key, before)
    assert made.done() == Decision()  # nothing changed
    made.remember(key, after)
    assert made.recall(key) == after
    made.remember(key, None)

    assert made.recall(key) is None
    assert made.done().memory == {key: None}


def test_memory_of_other_parameters_counts_as_absent() -> None:
    made, key = draft(a=MemoryEntry("old", {}, NOON)), KEY._replace(key="a")

    assert made.recall(key, "new") is None
    assert made.recall(key, "old") is not None
    assert made.recall(key) is not None


def test_what_was_kept_is_settled_also_where_it_had_no_event() -> None:
    made = draft()

    made.settle("rule", None, {}, Reason.EXPIRED)  # nothing was kept
    made.settle("rule", None, {"event": "", "source": "last", "key": "[]"}, Reason.EXPIRED)
    made.settle("rule", None, {"event": "e", "source": "s", "key": "[]"}, Reason.EXPIRED)

    assert [(row.source, row.event_id) for row in made.settlements] == [("", ""), ("s", "e")]
