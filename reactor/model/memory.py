"""What a gate remembers between events, as plain values that the journal can keep."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct


class MemoryKey(NamedTuple):
    """Whose memory: `action` is empty for the rule's own gates, `rule` for what all rules share;
    `key` is the group key as JSON."""

    rule: str
    action: str
    gate: str
    key: str


class MemoryEntry(Struct, frozen=True, gc=False):
    """One memory. `mark` names the parameters it was made under: under another mark it counts as
    absent. After `expires_at` it says nothing any more and may be dropped. At `due_at` something is
    to be decided by it, without any event.

    `value` is plain JSON. What is in its list `watches` finds it again: subjects of events
    (`subject:…`) and ids of deliveries (`delivery:…`).
    """

    mark: str
    value: Mapping[str, object]
    expires_at: datetime
    due_at: datetime | None = None


Changes = Mapping[MemoryKey, MemoryEntry | None]
"""New entries, None where one is to be forgotten."""


class Memory(Protocol):
    """Everything that is remembered, as a decision reads it."""

    def get(self, key: MemoryKey) -> MemoryEntry | None:
        """The entry, if there is one."""

    def __iter__(self) -> Iterator[tuple[MemoryKey, MemoryEntry]]:
        """All entries."""

    def watching(self, token: str) -> tuple[MemoryKey, ...]:
        """The entries that have `token` among what they watch, in order."""

    def of_rule(self, rule: str, gate: str) -> tuple[MemoryKey, ...]:
        """The entries that gates of this name have for a rule, in order."""

    def overdue(self, now: datetime) -> tuple[MemoryKey, ...]:
        """The entries that were due before `now`, in the order of that."""

    def of_gate(self, gate: str) -> int:
        """How many entries gates of this name have."""

    def keys_of(self, rule: str) -> int:
        """How many keys a rule has entries of."""

    def has_key(self, rule: str, key: str) -> bool:
        """Whether there is an entry of the rule under this key."""
