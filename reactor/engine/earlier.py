"""What fields held before, put together again from the events of the journal.

While it decides, reactor remembers that (`engine.previous`) and no event keeps it. As far back as
earlier events are told here it comes out the same, but for rules that were not loaded yet.
"""

from collections.abc import Iterable

from msgspec import structs

from reactor.engine.compiled import tracked_by
from reactor.engine.normalize import canonical, record_of
from reactor.engine.previous import MOST_LETTERS, memory_key
from reactor.engine.selector import MISSING
from reactor.model.event import Event, Record
from reactor.model.memory import MemoryKey
from reactor.model.rule import Rule


class Earlier:
    """The last values of the fields of which rules ask what they were, as events are told one after
    the other."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._tracked = tuple(dict.fromkeys(each for rule in rules for each in tracked_by(rule)))
        self._held: dict[MemoryKey, object] = {}

    @property
    def is_asked(self) -> bool:
        """Whether any rule asks."""
        return bool(self._tracked)

    def record_of(self, event: Event) -> Record:
        """What rules saw of an event after those that were told."""
        record = record_of(event)
        if not self._tracked:
            return record
        keys = {each.tracker: memory_key(each, event, record) for each in self._tracked}
        held = {name: self._held[key] for name, key in keys.items() if key in self._held}
        return structs.replace(record, previous=held)

    def tell(self, event: Event) -> None:
        """The next event; without the field it changes nothing, and what is too large is not
        remembered."""
        record = record_of(event)
        for each in self._tracked:
            key, value = memory_key(each, event, record), each.path.find(record.fields)
            if value is MISSING:
                continue
            self._held.pop(key, None)
            if len(canonical(value)) <= MOST_LETTERS:
                self._held[key] = value
