"""Everything that gates remember, and what finds an entry again: its key, when it is due, what it
watches.

Changes can be taken back until they are `kept`: a transaction may be refused. Not for several
threads.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from reactor.model.memory import Changes, MemoryEntry, MemoryKey

AFTER_EVENTS = ("then", "not_then")
"""Gates whose `within` includes its last moment: events of that moment come before their timer.
All other timers come before events of the same moment (rules.md §3, Boundaries)."""

Moment = tuple[datetime, bool]
"""A moment, and whether the events of that moment are over."""


class Remembered:
    """A mapping of entries that can be asked for what is due and for who watches."""

    def __init__(self, entries: Mapping[MemoryKey, MemoryEntry] | None = None) -> None:
        self._entries: dict[MemoryKey, MemoryEntry] = {}
        self._watched: dict[str, set[MemoryKey]] = defaultdict(set)
        self._due: list[tuple[Moment, MemoryKey]] = []
        self._timers = 0
        self._gates = Counter[str]()
        self._of: dict[tuple[str, str], set[MemoryKey]] = defaultdict(set)
        self._keys: dict[str, Counter[str]] = defaultdict(Counter)
        self._undo: list[tuple[MemoryKey, MemoryEntry | None]] = []
        for key, entry in (entries or {}).items():
            self._put(key, None, entry)

    def get(self, key: MemoryKey) -> MemoryEntry | None:
        """The entry, if there is one."""
        return self._entries.get(key)

    def __iter__(self) -> Iterator[tuple[MemoryKey, MemoryEntry]]:
        return iter(list(self._entries.items()))

    def __len__(self) -> int:
        return len(self._entries)

    def watching(self, token: str) -> tuple[MemoryKey, ...]:
        """The entries that have `token` among what they watch, in order."""
        return tuple(sorted(self._watched[token])) if token in self._watched else ()

    def of_gate(self, gate: str) -> int:
        """How many entries gates of this name have."""
        return self._gates.get(gate, 0)

    def keys_of(self, rule: str) -> int:
        """How many keys a rule has entries of."""
        return len(self._keys[rule]) if rule in self._keys else 0

    def has_key(self, rule: str, key: str) -> bool:
        """Whether there is an entry of the rule under this key."""
        return rule in self._keys and key in self._keys[rule]

    def of_rule(self, rule: str, gate: str) -> tuple[MemoryKey, ...]:
        """The entries that gates of this name have for a rule, in order."""
        return tuple(sorted(self._of[rule, gate])) if (rule, gate) in self._of else ()

    def overdue(self, now: datetime) -> tuple[MemoryKey, ...]:
        """The entries that were due before `now`, in the order of that."""
        found = {
            (moment, key)
            for moment, key in self._due
            if moment[0] <= now and _due(key, self._entries.get(key)) == moment
        }
        return tuple(key for _, key in sorted(found))

    @property
    def keys(self) -> Mapping[str, int]:
        """How many keys each rule has entries of. May be asked by any thread."""
        return {rule: len(keys) for rule, keys in list(self._keys.items()) if rule and keys}

    @property
    def timers(self) -> int:
        """How many entries are due at some time. May be asked by any thread."""
        return self._timers

    def next_due(self) -> Moment | None:
        """When the next timer comes due."""
        while self._due:
            moment, key = self._due[0]
            if _due(key, self._entries.get(key)) == moment:
                return moment
            heapq.heappop(self._due)  # it was changed or forgotten since
        return None

    def first_due(self, until: Moment) -> MemoryKey | None:
        """The timer that is due first, if it is so by `until`. It stays so until it is changed."""
        moment = self.next_due()
        return self._due[0][1] if moment is not None and moment <= until else None

    def apply(self, changes: Changes) -> None:
        """Take these up, until `undo` or for good."""
        for key, entry in changes.items():
            self._undo.append((key, self._entries.get(key)))
            self._change(key, entry)

    def undo(self, mark: int = 0) -> None:
        """As it was when `mark` changes had been made since they were last kept."""
        while len(self._undo) > mark:
            self._change(*self._undo.pop())

    @property
    def mark(self) -> int:
        """How many changes were made since they were last kept."""
        return len(self._undo)

    def keep(self) -> None:
        """What was changed stays so."""
        self._undo.clear()

    def changes(self) -> dict[MemoryKey, MemoryEntry | None]:
        """What is different since it was last kept."""
        return {key: self._entries.get(key) for key, _ in self._undo}

    def drop(self, keys: Iterable[MemoryKey]) -> None:
        """Forget these for good."""
        for key in list(keys):
            self._change(key, None)

    def _change(self, key: MemoryKey, entry: MemoryEntry | None) -> None:
        before = self._entries.get(key)
        if entry is not None:
            self._put(key, before, entry)
        elif before is not None:
            self._take_away(key, before)

    def _put(self, key: MemoryKey, before: MemoryEntry | None, entry: MemoryEntry) -> None:
        self._entries[key] = entry
        if before is None:
            self._gates[key.gate] += 1
            self._of[key.rule, key.gate].add(key)
            self._keys[key.rule][key.key] += 1
        self._watch(key, watches(before) if before else (), watches(entry))
        moment, earlier = _due(key, entry), _due(key, before)
        if moment != earlier:
            self._timers += (moment is not None) - (earlier is not None)
            if moment is not None:
                heapq.heappush(self._due, (moment, key))

    def _take_away(self, key: MemoryKey, entry: MemoryEntry) -> None:
        del self._entries[key]
        self._gates[key.gate] -= 1
        self._of[key.rule, key.gate].discard(key)
        keys = self._keys[key.rule]
        keys[key.key] -= 1
        if not keys[key.key]:
            del keys[key.key]
        self._watch(key, watches(entry), ())
        self._timers -= entry.due_at is not None

    def _watch(self, key: MemoryKey, before: Sequence[str], now: Sequence[str]) -> None:
        """The entry had these tokens, and has those."""
        if before == now:
            return
        for token in before:
            watching = self._watched[token]
            watching.discard(key)
            if not watching:
                del self._watched[token]
        for token in now:
            self._watched[token].add(key)


def watches(entry: MemoryEntry) -> tuple[str, ...]:
    """The tokens that find an entry again."""
    tokens = entry.value.get("watches")
    return tuple(map(str, tokens)) if isinstance(tokens, list | tuple) else ()


def _due(key: MemoryKey, entry: MemoryEntry | None) -> Moment | None:
    if entry is None or entry.due_at is None:
        return None
    return entry.due_at, key.gate in AFTER_EVENTS
