"""Everything that is remembered, and what finds it."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.remembered import Remembered
from reactor.model.memory import MemoryEntry, MemoryKey
from tests.builders import NOON


def key(name: str, gate: str = "for") -> MemoryKey:
    return MemoryKey("rule", "", gate, name)


def entry(due: int | None = None, *tokens: str) -> MemoryEntry:
    """An entry that is due so many seconds after NOON and watches these."""
    at = None if due is None else NOON + timedelta(seconds=due)
    return MemoryEntry("m", {"watches": list(tokens)}, NOON + timedelta(days=1), due_at=at)


def due_in_order(memory: Remembered, until: datetime) -> list[str]:
    found = []
    while first := memory.first_due((until, True)):
        found.append(first.key)
        memory.apply({first: None})
    return found


def test_what_is_due_comes_in_the_order_of_its_time() -> None:
    memory = Remembered({key("b"): entry(2), key("a"): entry(3), key("c"): entry(9)})

    assert due_in_order(memory, NOON + timedelta(seconds=5)) == ["b", "a"]
    assert memory.next_due() == (NOON + timedelta(seconds=9), False)


def test_a_timer_that_was_changed_or_forgotten_is_not_due() -> None:
    memory = Remembered({key("a"): entry(1), key("b"): entry(1)})

    memory.apply({key("a"): entry(8), key("b"): None})

    assert memory.first_due((NOON + timedelta(seconds=5), True)) is None


def test_timers_of_what_may_follow_come_after_the_events_of_their_moment() -> None:
    memory = Remembered({key("a", "then"): entry(1)})

    assert memory.first_due((NOON + timedelta(seconds=1), False)) is None
    assert memory.first_due((NOON + timedelta(seconds=1), True)) == key("a", "then")


def test_an_entry_is_found_by_what_it_watches_and_by_its_rule() -> None:
    memory = Remembered({key("a"): entry(None, "x", "y"), key("b"): entry(None, "x")})
    assert memory.watching("x") == (key("a"), key("b"))
    assert (memory.of_gate("for"), memory.keys_of("rule")) == (2, 2)

    memory.apply({key("a"): entry(None, "y")})

    assert (memory.watching("x"), memory.of_rule("rule", "for")) == (
        (key("b"),),
        (key("a"), key("b")),
    )


moves = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.one_of(
            st.none(), st.builds(entry, st.none() | st.integers(0, 5), st.sampled_from("xy"))
        ),
    )
)


def looks(memory: Remembered) -> tuple[object, ...]:
    return (
        dict(iter(memory)),
        memory.next_due(),
        [memory.watching(token) for token in "xy"],
        memory.of_gate("for"),
        memory.keys_of("rule"),
        memory.keys,
        memory.timers,
    )


@given(moves, moves)
def test_what_is_undone_never_was(kept: list, undone: list) -> None:  # type: ignore[type-arg]
    memory = Remembered()
    for name, each in kept:
        memory.apply({key(name): each})
    memory.keep()
    before = looks(memory)

    for name, each in undone:
        memory.apply({key(name): each})
    memory.undo()

    assert looks(memory) == before
