"""What a gate remembers between events, as plain values that the journal can keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MemoryKey:
    """Whose memory: `action` is empty for the rule's own gates, `key` the group key as JSON."""

    rule: str
    action: str
    gate: str
    key: str


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """One memory. `mark` names the parameters it was made under: under another mark it counts as
    absent. After `expires_at` it says nothing any more and may be dropped."""

    mark: str
    value: Mapping[str, object]
    expires_at: datetime


Memory = Mapping[MemoryKey, MemoryEntry | None]
