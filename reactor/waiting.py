"""Events that wait for lookups: who must wait, what is asked for them, when they may go on.

One thread at a time. It blocks nowhere: answers come back through `tell`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from reactor.engine.cloudcause import concluded
from reactor.engine.draft import Recheck
from reactor.engine.lookups import Wanted, needs, opened, recalled, uri_of
from reactor.engine.parking import Parking
from reactor.guard import attempt
from reactor.model.event import PLATFORM_OBJECTS, Event
from reactor.model.lookup import Answer, Found, Need
from reactor.model.memory import MemoryKey
from reactor.model.protocols import Lookups
from reactor.model.quarantine import Poison
from reactor.model.signal import Rechecked

_Seen = tuple[Event, tuple[Need, ...]]
"""An event with what is known of its objects, and what else it needs."""


class Waiting:
    """`lookups` has those sources whose objects can be asked for, `wanted` is what the rules ask
    for. `tell` brings an answer to where `unpark` is called; it is called from any thread."""

    def __init__(
        self,
        wanted: Wanted,
        lookups: Mapping[str, Lookups],
        tell: Callable[[Answer | Rechecked], None],
    ) -> None:
        self._wanted, self._lookups, self._tell = wanted, lookups, tell
        self._parking = Parking()
        self._poisonous: list[tuple[Event, Poison]] = []

    def admit(self, events: Iterable[Event]) -> tuple[list[Event], list[Event], list[Event]]:
        """All of them with what is known already; those that can be decided now; those that have
        to wait for a lookup, or behind an event of the same subject that does."""
        known, ready, parked = [], [], []
        for event in events:
            lookups = self._lookups.get(event.source)
            if lookups:
                lookups.forget(event.subject)
            new = self.opened(event)
            # Of most events there is nothing to be asked.
            found = self._attempt(new) if new.unknown else (new, ())
            if found is None:
                known.append(new)
                continue
            seen, needed = found
            known.append(seen)
            if needed or self._parking.holds(seen):
                self._parking.park(seen, needed)
                parked.append(seen)
            else:
                ready.append(seen)
        return known, ready, parked

    def opened(self, event: Event) -> Event:
        """A new event, with all unknown that its source could be asked."""
        return opened(event) if event.source in self._lookups else event

    def _attempt(self, event: Event) -> _Seen | None:
        """What a look shows; None if it raises, so that the event cannot go on."""
        found = attempt(partial(self._look, event))
        if isinstance(found, Poison):
            self._poisonous.append((event, found))
            return None
        return found

    def poisonous(self) -> list[tuple[Event, Poison]]:
        """The events that could not be looked at, and so went nowhere, since this was called last;
        each with what was raised."""
        found, self._poisonous = self._poisonous, []
        return found

    def _look(self, event: Event) -> _Seen:
        """What is known already of what the rules ask for, and what else they need."""
        if needs(event, self._wanted):
            event = self._recalled(event)
        needed = needs(event, self._wanted)
        return event if needed else concluded(event), needed

    def _recalled(self, event: Event) -> Event:
        """The event with what is known already of its objects."""
        lookups = self._lookups.get(event.source)
        if lookups is None:
            return event
        for kind in PLATFORM_OBJECTS:  # in this order: one leads to the next
            uri = uri_of(event, kind)
            stable = lookups.recall(uri) if uri and kind in event.unknown else None
            if stable is not None:
                event = recalled(event, kind, stable)
        return event

    def resume(self, events: Iterable[Event]) -> list[Event]:
        """Take up events that an earlier process had parked; those that can be decided now."""
        accepted = list(events)
        for event in accepted:
            if found := self._attempt(event):
                self._parking.park(*found)
        return [each for event in accepted for each in self._advance(event)]

    def unpark(self, answers: Iterable[Answer]) -> list[Event]:
        """The events that can be decided now that these lookups have ended."""
        heads = (self._answer(answer) for answer in answers)
        return [event for head in heads if head for event in self._advance(head)]

    def _answer(self, answer: Answer) -> Event | None:
        """As parking does; an answer that nobody can make sense of is none."""
        head = attempt(partial(self._parking.answer, answer))
        if isinstance(head, Poison):
            nothing = Found(object=None, reason=f"its answer makes no sense: {head.why}")
            return self._parking.answer(replace(answer, found=nothing))
        return head

    def _advance(self, event: Event) -> Iterator[Event]:
        """The events of this subject, in order, up to one that still waits for an answer."""
        while head := self._parking.head(event):
            found = self._attempt(head)
            if found is None:
                self._parking.leave(head)
                continue
            seen, needed = found
            if needed:
                self._parking.wait_on(seen, needed)
                return
            self._parking.leave(seen)
            yield seen

    def ask(self) -> None:
        """Ask for what came to be needed since this was called last."""
        for event, need in self._parking.unasked():
            self._ask(event, need)

    def _ask(self, event: Event, need: Need) -> None:
        lookups = self._lookups.get(event.source)
        answer = partial(Answer, source=event.source, event_id=event.id, need=need)

        def tell(found: Found) -> None:
            # What a source says that was replaced meanwhile is not heard: its heir was asked too.
            if self._lookups.get(event.source) is lookups:
                self._tell(answer(found=found))

        if lookups is None:
            tell(Found(object=None, reason=f"source '{event.source}' is no longer in the rules"))
        else:
            lookups.ask(need, tell)

    def recheck(self, rechecks: Iterable[Recheck]) -> None:
        """Ask whether what timers waited for still holds; of whom nobody can be asked, nothing is
        learned."""
        for each in rechecks:
            lookups = self._lookups.get(each.event.source)
            if lookups is None:
                self._tell(Rechecked(each.key, None))
            else:
                lookups.ask(each.need, partial(self._rechecked, each.key))

    def _rechecked(self, key: MemoryKey, found: Found) -> None:
        self._tell(Rechecked(key, found.object))

    def adopt(self, wanted: Wanted, lookups: Mapping[str, Lookups]) -> None:
        """Go over to other rules and sources; what was asked of a source that is gone or replaced
        is asked again."""
        before, self._lookups, self._wanted = self._lookups, lookups, wanted
        for source in self._parking.sources():
            if before.get(source) is not lookups.get(source):
                for event, need in self._parking.open_needs(source):
                    self._ask(event, need)

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._parking)

    def full(self) -> frozenset[str]:
        """The sources of which so much waits that they have to hold back."""
        return self._parking.full()
