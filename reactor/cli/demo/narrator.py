"""Tells the demo's story to somebody who never saw reactor: what happened, what it did, and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from reactor.actions import ACTIONS
from reactor.cli.demo.words import because, described, listed
from reactor.cli.story import lookups_failed
from reactor.delivery.retry import Decision
from reactor.model.delivery import Attempt, Delivery, Move
from reactor.model.event import PLATFORM_OBJECTS, Event
from reactor.model.match import Evaluation, Reason
from reactor.model.rule import Ruleset
from reactor.model.uri import ObjectRef, parse_uri, read_uri
from reactor.transaction import Committed

HEADLINES: Mapping[tuple[str, int], str] = {
    ("web", 1): "1. A container of web crashes. Slack hears of it. Once is no reason to redeploy.",
    ("web", 2): "2. It crashes again. Slack is spared a second message, which is counted.",
    ("backup", 1): "3. Other things happen. What no rule speaks of is neither looked up nor told.",
    ("web", 3): "4. The third crash within ten minutes: reactor itself redeploys web.",
}
"""What to look for, above the first, second, … happening to a service."""

_ENDED = ("Success", "Failed", "Canceled")


@dataclass(frozen=True, slots=True)
class _Called:
    """A call back that is under way: what it is, and what was seen of its object meanwhile."""

    words: str
    seen: Counter[str] = field(default_factory=Counter)


class Narrator:
    """Writes a line for each happening, event, decision and call with `tell`, and above some of
    them a headline. Neither may block. May be used by several threads.
    """

    def __init__(
        self, ruleset: Ruleset, tell: Callable[[str], None], headline: Callable[[str], None]
    ) -> None:
        self._ruleset, self._tell, self._headline = ruleset, tell, headline
        self._lock = Lock()
        self._happenings = Counter[str]()
        self._names: dict[ObjectRef, str] = {}
        self._calls: dict[ObjectRef, _Called] = {}

    def happen(self, perform: Callable[[], Iterable[str]]) -> None:
        """Let the world go on, and tell its sentences before anything that follows from it."""
        with self._lock:
            for sentence in perform():
                who = sentence.split("-")[0]
                self._happenings[who] += 1
                if text := HEADLINES.get((who, self._happenings[who])):
                    self._headline(text)
                self._tell(f"world      {sentence}")

    def committed(self, committed: Committed) -> None:
        """Each event of which a rule made something, and beneath it what; the others in short; and
        what becomes of matches that waited."""
        with self._lock:
            for event in committed.events:
                self._learn(event)
            self._tell_events(committed)
            for row in committed.rows:
                if row.settled_at or not row.event_id:
                    self._tell(f"later      {self._decided(row)}")
            for delivery in committed.deliveries:
                self._expect(delivery)
            for rejection in committed.rejections:
                self._tell(f"refused    a frame of {rejection.source}: {rejection.reason}")
            for text in committed.notices:
                self._tell(f"notice     {text}")

    def _tell_events(self, committed: Committed) -> None:
        undecided = {event.id for event, _ in committed.undecided}
        rest: dict[str, Counter[str]] = {}
        for event in committed.events:
            rows = [row for row in committed.evaluations if _is_of(row, event)]
            if rows or event.id in undecided:
                self._tell_event(event, rows)
            elif not self._is_caused(event):
                rest.setdefault(event.source, Counter())[described(event)] += 1
        for source, seen in rest.items():
            self._tell(f"events     {source}: {listed(seen)}")

    def _learn(self, event: Event) -> None:
        """The names that were looked up, to call objects by them later."""
        for kind in PLATFORM_OBJECTS:
            known = event.facts.get(kind)
            if isinstance(known, Mapping) and (ref := _ref(known.get("uri"))) and "name" in known:
                self._names[ref] = str(known["name"])

    def _tell_event(self, event: Event, rows: Iterable[Evaluation]) -> None:
        self._tell(f"event      {event.source}: {described(event)}")
        if failed := lookups_failed(event):
            self._tell(f"  unknown    {failed}")
        for row in rows:
            self._tell(f"  {self._decided(row)}")

    def _decided(self, row: Evaluation) -> str:
        name = f"{row.rule} → {row.action}"
        if row.reason is Reason.FIRED:
            return f"fired      {name}"
        return f"held back  {name}: {because(self._ruleset, row.rule, row.action, row.reason)}"

    def _expect(self, delivery: Delivery) -> None:
        """From now on until its action ends, what happens to the object of a call is caused by
        reactor."""
        ref = _called(delivery)
        if ref is not None:
            self._calls.setdefault(ref, _Called(self._words(delivery, ref)))

    def _words(self, delivery: Delivery, ref: ObjectRef) -> str:
        return f"{delivery.type} of {ref.type} {self._names.get(ref, ref.id)}"

    def _is_caused(self, event: Event) -> bool:
        """Whether it follows from a call of ours, and is kept for the line that tells of that."""
        parents = event.data.get("parents")
        uris = [event.subject, *(parents if isinstance(parents, list) else [])]
        found = next((ref for ref in map(_ref, uris) if ref in self._calls), None)
        if found is None:
            return False
        self._calls[found].seen[described(event)] += 1
        if event.data.get("type") == "action" and event.data.get("state") in _ENDED:
            self._tell_caused(found)
        return True

    def _tell_caused(self, ref: ObjectRef) -> None:
        call = self._calls.pop(ref)
        if call.seen:
            self._tell(f"caused     by the {call.words}: {listed(call.seen)}")

    def attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        """A call back, and a delivery that did not go through; the receiver tells of the others."""
        with self._lock:
            ref = _called(delivery)
            if decision.move is not Move.SUCCEED:
                self._tell(f"failed     {delivery.rule} → {delivery.action}: {attempt.detail}")
                if decision.move is Move.BURY and ref in self._calls:
                    self._tell_caused(ref)
            elif ref is not None:
                self._tell(f"called     {self._words(delivery, ref)}: {attempt.detail}")

    def close(self) -> None:
        """Tell what is still to be told."""
        with self._lock:
            for ref in list(self._calls):
                self._tell_caused(ref)


def _is_of(row: Evaluation, event: Event) -> bool:
    return (row.source, row.event_id) == (event.source, event.id)


def _ref(uri: object) -> ObjectRef | None:
    return parse_uri(uri) if isinstance(uri, str) else None


def _called(delivery: Delivery) -> ObjectRef | None:
    """The object of a call back."""
    path = delivery.request.shown_url or ""
    found = read_uri(path) if ACTIONS[delivery.type].calls_back else None
    return ObjectRef(found[0].type, found[0].uuid) if found else None
