"""How many an action's throttles held back for a key since it last fired ("+17 held back")."""

from datetime import datetime, timedelta

from reactor.model.memory import MemoryEntry

KEPT = timedelta(days=7)
"""A count that old belongs to another story and starts again."""


def suppressed_count(memory: MemoryEntry | None, mark: str, at: datetime) -> int:
    """Held back so far; 0 when the memory is of other parameters or too old."""
    if memory is None or memory.mark != mark or memory.expires_at < at:
        return 0
    count = memory.value.get("count")
    return count if isinstance(count, int) else 0


def one_more(memory: MemoryEntry | None, mark: str, at: datetime) -> MemoryEntry:
    """The memory after one more was held back."""
    return MemoryEntry(mark, {"count": suppressed_count(memory, mark, at) + 1}, at + KEPT)
