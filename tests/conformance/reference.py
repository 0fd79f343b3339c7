"""The gates once more, slow and plain: what rules.md §3 says of one rule, in lists of what was.

Nothing of the engine is used here, only the values that a rule is made of. The engine keeps plain
JSON under keys and finds a timer in a heap; this keeps the matches themselves and all the moments
there ever were, and looks through all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from reactor.model.gates import OnRestart, Phase, Sequel
from reactor.model.match import Reason, Truth
from reactor.model.rule import ActionSpec, Rule
from tests.conformance.reference_gates import during, heard_out, held_by, silence
from tests.conformance.reference_values import (
    Absence,
    Kept,
    Match,
    Owner,
    Part,
    Said,
    Sent,
    Told,
    Where,
    marks,
    name_of,
)

NEAR = timedelta(minutes=10)


class Reference:
    """One rule. `has_source`: it hears one that says whether it is connected."""

    def __init__(self, rule: Rule, now: datetime, *, has_source: bool) -> None:
        self._kept = Kept(rule=rule, now=now)
        self._has_source, self._is_connected = has_source, True
        self._deliveries = 0
        self._begin_absence()

    # What can happen.

    def event(self, event: Sent) -> None:
        """An event arrives."""
        rule, self._kept.now = self._rule, event.arrival
        if not rule.enabled:
            return
        self._leave(event)
        if rule.sequel and rule.sequel.match.evaluate(event.record) is True:
            self._follow(event, rule.sequel)
        if rule.match.evaluate(event.record) is True:
            self._heard(event)
        elif rule.resolve and rule.resolve.evaluate(event.record) is True:
            self._resolve(event)

    def ended(self, delivery: int) -> None:
        """A delivery is done, dead or cancelled."""
        firings = self._kept.firings
        for where in sorted(firings):
            if any(delivery in firing for firing in firings[where]):
                rest = [firing - {delivery} for firing in firings[where]]
                firings[where] = [firing for firing in rest if firing]
                self._release(where)

    def linked(self, *, is_connected: bool, at: datetime) -> None:
        """The source connected or lost its connection at `at`."""
        if not self._has_source:
            return
        self._is_connected = is_connected
        for absence in self._kept.absences.values() if self._rule.enabled else ():
            due = absence.due
            if is_connected and due is None:
                absence.counts_from = at
            elif not is_connected and due is not None:
                rest = max(timedelta(), due - at)
                absence.left, absence.counts_from = min(rest, absence.left or rest), None

    def started(self, now: datetime, alive_at: datetime) -> None:
        """A new process; the one before was last known to be alive at `alive_at`."""
        self._kept.now = now
        if self._rule.enabled and self._rule.absent:
            self.linked(is_connected=False, at=alive_at)
        for due, _, where in self.due():
            if due <= now and self._rule.enabled and where.gate != "then" and self._skips(where):
                self._skip(where)

    def loaded(self, rule: Rule) -> None:
        """The rule file was read again."""
        before, self._kept.rule = self._kept.rule, rule
        self._kept.forget_others(before)
        self._begin_absence()

    def silenced(self, until: datetime) -> None:
        """A silence holds from now on."""
        self._kept.silenced_until.append(until)

    def passes(self, until: datetime, *, is_over: bool, since: datetime) -> None:
        """Time goes on until a moment, whose events are over or still to come. Nothing is decided
        as of a moment before `since`."""
        while found := [each for each in self.due() if each[:2] <= (until, is_over)]:
            due, _, where = found[0]
            self._kept.now = max(due, since)
            self._come_due(where, due)
        self._kept.now = until

    # What is to be known of it.

    def take(self) -> Said:
        """What was said since this was asked last."""
        said, self._kept.said = self._kept.said, Said()
        return said

    def due(self) -> Sequence[tuple[datetime, bool, Where]]:
        """All timers, the next one first, and whether the events of its moment come before it."""
        waits = [(wait.due, where) for where, wait in self._kept.waits.items() if wait.match]
        absences = [(each.due, where) for where, each in self._kept.absences.items() if each.due]
        return sorted(
            (due, where.gate in ("then", "not_then"), where) for due, where in (*waits, *absences)
        )

    def waiting(self) -> Iterator[tuple[Match, str]]:
        """The matches that wait, and for which action; empty for the rule."""
        for where, wait in self._kept.waits.items():
            if wait.match:
                yield wait.match, where.action
        for where, queue in self._kept.queues.items():
            yield from ((match, where.action) for match in queue)

    # Events.

    def _leave(self, event: Sent) -> None:
        """What is false of the event's subject is waited for no more."""
        waits = self._kept.waits
        for where in sorted(waits):
            wait, action = waits.get(where), self._kept.action(where.action)
            if wait is None:  # it ended with the incident
                continue
            if event.subject not in wait.subjects or _truth(self._rule, action, event) is not False:
                continue
            wait.subjects.remove(event.subject)
            if wait.subjects:
                continue
            del waits[where]
            if wait.match:
                self._settle(where, wait.match, Reason.ENDED)
            elif where[:2] == ("", "for"):
                self._close(where.key, event)

    def _follow(self, event: Sent, sequel: Sequel) -> None:
        match = self._match_of(event)
        where = Where("", sequel.gate, match.own)
        wait = self._kept.waits.get(where)
        if wait is None or wait.match is None or (wait.until and match.own_at > wait.until):
            return
        del self._kept.waits[where]
        if sequel.comes:
            self._go_on(where, wait.match, match.own_at)
        else:
            self._settle(where, wait.match, Reason.ENDED)

    def _heard(self, event: Sent) -> None:
        """A match; or where the rule has `absent`, that it did not stay away."""
        match = self._match_of(event)
        if self._rule.absent is None:
            self._enter(match, None)
            return
        where, start = Where("", "absent", match.key), match.at if self._counts else None
        before = self._kept.absences.get(where)
        if before and before.since >= match.at:  # it comes late, and says nothing new
            before.last = event
            return
        left = max(self._rule.absent, heard_out(match) - match.at)
        self._kept.absences[where] = Absence(
            last=event, since=match.at, left=left, counts_from=start
        )

    def _match_of(self, event: Sent) -> Match:
        at = event.at if abs(event.at - event.arrival) <= NEAR else event.arrival
        key, own = self._keys(event)
        return self._at_its_key(Match(event=event, at=at, own_at=at, key=key, own=own))

    def _at_its_key(self, match: Match) -> Match:
        """At the time of its key; of its subject too, where the rule waits for what that does."""
        told, every = match.at, (self._rule.gates, *(each.gates for each in self._rule.actions))
        at = own_at = self._clock(match.key, told)
        is_own = self._rule.sequel or any(each.lasting for each in every)
        if match.own != match.key and is_own:
            own_at = self._clock(match.own, told)
        return replace(match, at=at, own_at=own_at)

    def _keys(self, event: Sent) -> tuple[str, str]:
        """The key, and that of gates which go by the subject where there is no `group_by`."""
        if not self._rule.group_by:
            return "[]", event.subject
        key = "[null]" if event.group is None else f'["{event.group}"]'
        return key, key

    def _clock(self, key: str, at: datetime) -> datetime:
        """The time of a key never goes back."""
        if not marks(self._rule):
            return at
        times = self._kept.times[Where("", "clock", key)]
        times.append(at)
        return max(times)

    def _resolve(self, event: Sent) -> None:
        """The incident is over, and what lasted may begin again."""
        _, own = self._keys(event)
        self._close(own, event)
        lasting = self._kept.waits.get(Where("", "for", own))
        if lasting and lasting.match is None:
            del self._kept.waits[Where("", "for", own)]

    # What becomes of a match.

    def _enter(self, match: Match, behind: str | None) -> None:
        """At the rule's gates, then each action by itself."""
        reason = held_by(self._kept, None, match, behind)
        if reason is None:
            self._join(match)
        made = [self._act(replace(match), each, reason) for each in self._enabled]
        self._begin(None, match, {each for each in made if each is not None})

    def _act(self, match: Match, action: ActionSpec, reason: Reason | None) -> int | None:
        if reason is None and match.phase is not None and match.phase not in action.when:
            reason = Reason.INCIDENT
        reason = reason or _if_false(match, action) or held_by(self._kept, action, match, None)
        return self._conclude(match, action, reason)

    def _join(self, match: Match) -> None:
        """A firing of a rule with incidents opens one, or belongs to the one that is open."""
        if match.event is None or not (self._rule.resolve or self._rule.gates.lasting):
            return
        where = Where("", "incident", match.own)
        since, firings, key = self._kept.incidents.get(where, (match.at, 0, match.key))
        match.phase = Phase.REPEATED if firings else Phase.OPENED
        match.joined = firings + 1
        self._kept.incidents[where] = (since, firings + 1, key)
        self._kept.said.parts.append(Part(match.id, match.phase, since, firings + 1))
        if match.phase is Phase.OPENED:
            self._end_held(f"{match.key} is over")

    def _close(self, own: str, event: Sent) -> None:
        found = self._kept.incidents.pop(Where("", "incident", own), None)
        if found is None:
            return
        since, firings, key = found
        self._kept.said.parts.append(Part(event.id, Phase.RESOLVED, since, firings))
        slot = key if self._rule.group_by else "[]"
        self._end_held(slot)
        at = event.at if abs(event.at - event.arrival) <= NEAR else event.arrival
        match = Match(
            event=event,
            at=at,
            own_at=at,
            key=key,
            own=own,
            phase=Phase.RESOLVED,
            joined=firings,
        )
        for action in self._enabled:
            if Phase.RESOLVED in action.when:
                said = replace(match)
                reason = _if_false(said, action) or during(self._kept, action, said)
                self._conclude(said, action, reason or silence(self._kept, None, said))

    def _end_held(self, key: str) -> None:
        """What actions hold is over with the incident; what they gather for a digest is not."""
        for action in self._rule.actions:
            for gate in ("during", "not_during"):
                where = Where(action.name, gate, key)
                wait = self._kept.waits.get(where)
                if wait and wait.match and wait.subjects:
                    del self._kept.waits[where]
                    self._settle(where, wait.match, Reason.ENDED)

    def _conclude(self, match: Match, action: ActionSpec, reason: Reason | None) -> int | None:
        """Write down what became of it for one action; the number of its delivery, if it fired."""
        if reason is None and (action.shadow or self._rule.shadow):
            reason = Reason.SHADOW
        self._kept.write(match, action.name, reason or Reason.FIRED, settles=match.waited)
        where = Where(action.name, "suppressed", match.key)
        if reason is Reason.THROTTLED:
            self._kept.suppressed[where] += 1
        if reason not in (None, Reason.SHADOW):
            return None
        suppressed = self._kept.suppressed.pop(where, 0)
        if reason is Reason.SHADOW:
            return None
        phase = match.phase if match.joined else None  # its incident may be over by now
        told = Told(match.id, action.name, match.count, suppressed, phase, match.joined)
        self._kept.said.told.append(told)
        self._deliveries += 1
        self._begin(action, match, {self._deliveries})
        return self._deliveries

    def _begin(self, owner: Owner, match: Match, made: set[int]) -> None:
        if made and self._kept.gates(owner).mode:
            self._kept.firings[Where(name_of(owner), "mode", match.key)].append(made)

    def _settle(self, where: Where, match: Match, reason: Reason) -> None:
        """What waited did not fire."""
        self._kept.write(match, where.action or None, reason, settles=True)

    # Later.

    def _come_due(self, where: Where, due: datetime) -> None:
        if where.gate == "then" or not self._kept.is_on(where):
            self._kept.expire(where)
        elif where.gate == "absent":
            absence = self._kept.absences[where]
            absence.left = None
            match = Match(
                event=None, last=absence.last, at=due, own_at=due, key=where.key, own=where.key
            )
            self._enter(match, "absent")
        else:
            self._fire(where, due)

    def _fire(self, where: Where, due: datetime) -> None:
        wait = self._kept.waits[where]
        match, wait.match = wait.match, None
        if where.gate != "for":
            del self._kept.waits[where]
        if match and wait.is_digest:
            match = replace(match, count=wait.gathered)
        if match:
            self._go_on(where, match, due)

    def _go_on(self, where: Where, match: Match, at: datetime) -> None:
        """Behind the gate at which it waited."""
        if not self._kept.is_on(where):
            self._settle(where, match, Reason.EXPIRED)
            return
        match = self._at_its_key(replace(match, at=at, waited=True))
        action = self._kept.action(where.action)
        if action is None:
            self._enter(match, where.gate)
            return
        self._conclude(match, action, held_by(self._kept, action, match, where.gate))

    def _release(self, where: Where) -> None:
        """What queues goes on, until something is under way again."""
        queue = self._kept.queues[where]
        while queue and not self._kept.firings[where]:
            self._go_on(where, queue.pop(0), self._kept.now)

    def _skip(self, where: Where) -> None:
        """Its timer came due while nobody was there, and is not to fire."""
        wait = self._kept.waits.get(where)
        if where.gate == "for" and wait and wait.match:
            self._settle(where, wait.match, Reason.EXPIRED)
            wait.match = None
        elif where.gate == "absent":
            self._kept.absences[where].left = None
        else:
            self._kept.expire(where)

    def _skips(self, where: Where) -> bool:
        return self._kept.gates(self._kept.action(where.action)).on_restart is OnRestart.SKIP

    def _begin_absence(self) -> None:
        """The time of an `absent` begins with its first load, unless each key has its own."""
        rule, absences = self._rule, self._kept.absences
        if rule.enabled and rule.absent and not rule.group_by and not absences:
            start = self._kept.now if self._counts else None
            absences[Where("", "absent", "[]")] = Absence(
                last=None, since=self._kept.now, left=rule.absent, counts_from=start
            )

    # The rule.

    @property
    def _rule(self) -> Rule:
        return self._kept.rule

    @property
    def _counts(self) -> bool:
        return self._is_connected or not self._has_source

    @property
    def _enabled(self) -> Sequence[ActionSpec]:
        return [action for action in self._rule.actions if action.enabled]


def _truth(rule: Rule, action: Owner, event: Sent) -> Truth:
    conditions = [rule.match, *([action.condition] if action and action.condition else [])]
    truths = [each.evaluate(event.record) for each in conditions]
    return False if False in truths else None if None in truths else True


def _if_false(match: Match, action: ActionSpec) -> Reason | None:
    is_met = action.condition is None or action.condition.evaluate(match.record) is True
    return None if is_met else Reason.IF_FALSE
