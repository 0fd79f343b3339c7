"""What one engine has, as its events and listings tell it, and the frames that come of that. Pure.

Time is the engine's and comes in as an argument: a backlog of events is judged by their own times.
"""

from collections import deque
from collections.abc import Container, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import structs

from reactor.duration import to_micros
from reactor.engine.cause import judge_health
from reactor.engine.runs import SETTLING, Found, Loss
from reactor.model.event import Frame
from reactor.platforms.docker.cluster import Cluster
from reactor.platforms.docker.differences import differences, is_new_run, unseen_end
from reactor.platforms.docker.ends import Ends, Revision
from reactor.platforms.docker.engine import Engine, Listing
from reactor.platforms.docker.events import CONTAINER, SERVICE, EngineEvent
from reactor.platforms.docker.evidence import unreadable
from reactor.platforms.docker.groups import Change, Groups
from reactor.platforms.docker.inherited import Inherited
from reactor.platforms.docker.known import TERMINATED, Known, first_seen, listed
from reactor.platforms.docker.memory import Memory
from reactor.platforms.docker.moves import STATE_EVENTS, moved, run_after, state_told
from reactor.platforms.docker.objects import SWARM_SERVICE, Place
from reactor.platforms.docker.telling import Telling
from reactor.platforms.docker.underway import Underway
from reactor.platforms.docker.waiting import Answer, Ask, Lines, Pending

_UNANSWERED = "the engine did not answer in time"
_MOST_GONE = 1_000
_INSTANT = timedelta(microseconds=1)


class Model:
    """One engine. For one thread.

    `kept` is what the journal has of it. `wishes` are the facts that only the engine can tell,
    those of them that rules speak of.
    """

    def __init__(
        self, engine: Engine, kept: Mapping[str, object], wishes: frozenset[str] = frozenset()
    ) -> None:
        self.engine, self._wishes = engine, wishes
        self._memory = Memory(kept, engine)
        self._containers = self._memory.containers()
        self._gone = deque[str](maxlen=_MOST_GONE)
        self._lines = Lines()
        self._groups = Groups()
        self._ends = Ends(engine)
        self._ends.resume(self._memory.ends())
        self._touched = set[str]()
        self._underway = Underway()
        self._inherited = Inherited(engine)
        self._telling = Telling(engine, self._groups, self._inherited)
        self._cluster = Cluster(engine, self._groups, self._telling, self._inherited)
        self._cluster.resume(self._memory.swarm())
        self._loss = self._memory.loss
        self._away: Loss | None = None  # shows nothing more than that we were not connected
        self._outage: Loss | None = None
        self._latest = self._memory.since or 0
        self.asks: list[Ask] = []
        self.clock: datetime | None = None  # where events are told late: only answers go by it
        self.wants_listing = False
        self._settle_in()

    # What is asked of it.

    def frames(self) -> list[Frame]:
        """The frames made since this was asked last. What the journal is to keep comes with the
        last of them: as long as it does not have all, it is told all again."""
        made = self._telling.take()
        if made:
            made[-1] = structs.replace(made[-1], remember=self.remember())
        return made

    @property
    def has_baseline(self) -> bool:
        """Whether all containers were listed once."""
        return self._memory.has_baseline

    @property
    def since(self) -> int | None:
        """Up to when events were handed in, in nanoseconds: to be told again from there."""
        waiting = (self._lines.oldest(), self._cluster.oldest_held())
        oldest = min(filter(None, waiting), default=None)
        return to_micros(oldest) * 1000 if oldest else self._latest or None

    @property
    def next_due(self) -> datetime | None:
        """When `pass_time` has something to do."""
        dues = (self._lines.next_due(), self._underway.next_due)
        return min(filter(None, dues), default=None)

    def remember(self) -> dict[str, object]:
        """What the journal is to keep from now on, with a frame or without one."""
        self._memory.keep_ends(self._ends.revisable)
        self._memory.keep_swarm(self._cluster.standing())
        return self._memory.changed(self.since)

    # What it is told.

    def take(self, event: EngineEvent) -> None:
        """One event, in the order of the stream."""
        self._latest = max(self._latest, event.time_nano)
        self.pass_time(event.at - _INSTANT)
        if event.kind == CONTAINER:
            self._take_container(event)
        else:
            if event.kind == SERVICE:
                self.asks += self._inherited.asks(event.id, self.clock or event.at)
            self._cluster.take(event)
            self.wants_listing = True
        self.pass_time(event.at)

    def pass_time(self, now: datetime) -> None:
        """It is `now`, and everything that happened before was told."""
        self.wants_listing |= self._underway.is_late(now)
        due = self._lines.next_due()
        if due is not None and now >= due:
            self._release_all(now)

    def answered(self, ask: Ask, answer: Answer, now: datetime) -> None:
        """What the engine said when it was asked."""
        if ask.is_service:
            self._cluster.learn(ask.id, answer.labels)
            self._release_all(now)
            return
        for pending in self._lines.line(ask.id):
            if pending.ask is ask:
                pending.take(answer)
        self._release(ask.id, now)

    def give_up_asking(self) -> None:
        """The connection is over: no answer will come. What waits goes on to do so: the engine may
        be about to end."""
        self._lines.give_up_asking()
        self._cluster.give_up_asking()

    def told_until(self, time_nano: int) -> None:
        """Every event up to this moment was told."""
        self._latest = max(self._latest, time_nano)

    def tell(self, frame: Frame) -> None:
        """A frame of another's making takes its turn."""
        self._telling.add(frame)

    def meet(self, engine: Engine) -> None:
        """The engine is there, perhaps in another version or in another swarm."""
        self.engine = engine
        self._telling.engine = self._cluster.engine = self._ends.engine = engine
        self._inherited.engine = engine

    def unreachable(self, how: str, now: datetime) -> None:
        """The engine cannot be reached; said again, it is nothing new."""
        if self._loss is not None:
            return
        self._loss = Loss(at=now, how=how)
        self._memory.lose(self._loss)
        self._telling.node("Unreachable", now, how)
        self.give_up_asking()
        self._ends.cut_off(self._lines.deaths())
        for head in self._lines.heads():
            last = self._lines.line(head.known.id)[-1]
            self._release(head.known.id, max(now, last.deadline))

    def reached(self, now: datetime) -> None:
        """The engine is there."""
        if self._loss is not None:
            self._telling.node("Deployed", now)
            self._memory.lose(None)
            self._away, self._loss = self._loss, None

    def restarted(self, lost_at: datetime) -> None:
        """The engine is another process than the one that was lost then: what stopped right before
        went with it, and what ran on it ends before it lets anybody in."""
        if self.engine.keeps_containers:
            return
        how = "the engine was restarted"
        if self._away is not None:  # that it could not be reached was told
            lost_at, how = min(lost_at, self._away.at), f"{self._away.how}; {how}"
        self._outage = Loss(at=lost_at, how=how)
        self._revise(self._ends.succeeded(self._outage, self._lines.deaths()), lost_at)

    def begin_listing(self) -> None:
        """From now on events may be newer than what will be listed."""
        self._touched.clear()
        self._cluster.begin_listing()
        self.wants_listing = False

    def compare(self, listing: Listing) -> None:
        """Take in a listing, once all events up to its end were told: frames for what changed
        unseen, none at the first."""
        is_baseline = not self.has_baseline
        told = self._touched | self._waiting()
        self._inherited.compare(listing, self._containers.values())
        self._forget_taken_out(told)
        if is_baseline:
            self._take_baseline(listing, told)
        else:
            self._infer(listing, told)
        self._cluster.compare(listing, is_baseline=is_baseline)
        self._away = self._outage = None
        self._ends.listed()

    # Containers, event by event.

    def _take_container(self, event: EngineEvent) -> None:
        before = self._containers.get(event.id) or self._first_seen(event)
        if self._inherited.takes_out(before.labels) or self._memory.has(event):
            return
        event = event.unmasked(before.labels)
        service_id = before.labels.get(SWARM_SERVICE, "")
        self.asks += self._inherited.asks(service_id, self.clock or event.at)
        if event.action == "start" and is_new_run(before, event.at):
            unseen = unseen_end(before, Found(loss=self._outage), event.at)
            self._add_inferred(unseen, event.at)
        known = structs.replace(moved(before, event), told=event.time_nano)
        self._containers[event.id] = known
        self._underway.note(known, event.at)
        if event.action in STATE_EVENTS:
            self._touched.add(event.id)
        death = self._lines.death(event.id)
        if death is not None:
            death.run = death.run and run_after(death.run, event)
        if event.action == "create":
            self._made(known, event.at)
        elif event.action == "start":
            self._ends.started(known)
        self._lines.add(self._pending(before, known, event, death))
        self._release(event.id, event.at)

    def _first_seen(self, event: EngineEvent) -> Known:
        known = first_seen(event.id, event.attributes, event.action)
        return structs.replace(known, state=TERMINATED) if event.id in self._gone else known

    def _pending(
        self, before: Known, known: Known, event: EngineEvent, death: Pending | None
    ) -> Pending:
        """The frame of an event, and what has to be known before it is handed in."""
        nano, actor, action = event.key
        state = state_told(event)
        pending = Pending(
            known=known,
            at=event.at,
            identity=("docker-event", self.engine.id, str(nano), actor, action),
            data={"docker": event.original},
            action=event.action,
            state=state if state == known.state else None,
        )
        match event.action:
            case "die":
                pending.run = run = self._ends.run(known, known.run)
                self._ask(pending, event.at, is_stop=bool(run.requests))
            case "destroy" | "stop":
                pending.run = self._ends.wish(before, event, death)
            case "health_status" if known.health:
                pending.judged = judge_health(before.health, known.health, event.at)
                if pending.judged and "health_log" in self._wishes:
                    self._ask(pending, event.at)
        return pending

    def _ask(self, pending: Pending, now: datetime, *, is_stop: bool = False) -> None:
        asked_at = self.clock or now
        ask = Ask(id=pending.known.id, until=pending.at, at=asked_at, is_stop=is_stop)
        pending.ask, pending.evidence = ask, unreadable(self._wishes, _UNANSWERED)
        self.asks.append(ask)

    def _made(self, known: Known, at: datetime) -> None:
        """A new container: it may take the place of one that ends, or has ended."""
        deaths = self._lines.deaths()
        revisions = [*self._ends.made(known, at, deaths)]
        for death in deaths:
            self._release(death.known.id, at)
        self._revise(revisions, at)

    def _revise(self, revisions: Iterable[Revision], now: datetime) -> None:
        for told, judged in revisions:
            self._telling.revised(told, judged, now)

    # What is certain is handed in.

    def _release_all(self, now: datetime) -> None:
        for head in self._lines.heads():
            self._release(head.known.id, now)

    def _release(self, container_id: str, now: datetime) -> None:
        while (head := self._lines.head(container_id)) and self._is_certain(head, now):
            self._lines.pop(container_id)
            self._hand_in(head)

    def _is_certain(self, pending: Pending, now: datetime) -> bool:
        clock = self.clock or now
        if pending.ask and clock < pending.ask.at + SETTLING:
            return False
        if self._inherited.is_worth_waiting(pending.known.labels, clock):
            return False
        if pending.run is not None and pending.judged is None:
            known = self._containers[pending.known.id]
            pending.judged = self._ends.judge(pending, pending.run, known, now)
            return pending.judged is not None
        return True

    def _hand_in(self, pending: Pending) -> None:
        if self._inherited.takes_out(pending.known.labels):
            return
        known = self._containers[pending.known.id]
        if pending.run is not None and pending.judged is not None:
            known = self._ends.conclude(pending, pending.run, pending.judged, known)
            self._containers[known.id] = known
        elif pending.state == TERMINATED:
            pending.judged = pending.judged or known.judged
        # The frame may have waited behind an end that was judged meanwhile.
        learned = {"judged": known.judged, "short_runs": known.short_runs}
        pending.known = structs.replace(pending.known, **learned)
        self._memory.keep(pending.known)
        place = self._cluster.place(pending.known)
        self._telling.container(pending, place, self._changes(pending, place))
        if pending.known.state == TERMINATED and not self._lines.line(known.id):
            self._containers.pop(known.id)
            self._gone.append(known.id)

    # Groups and places.

    def _changes(self, pending: Pending, place: Place) -> Iterable[Change]:
        """What a frame changes of the service and the stack."""
        is_move = pending.state is not None or pending.run is not None
        return self._standing(pending.known, place) if is_move else ()

    def _standing(self, known: Known, place: Place) -> Iterable[Change]:
        """The container counts in its service as it is now; those of a swarm are listed."""
        self.wants_listing |= self.engine.is_manager and SWARM_SERVICE in known.labels
        return self._groups.stand(known, place)

    def _settle_in(self, told: Container[str] = ()) -> None:
        """Take all containers for granted, silently, but for those that events `told` of."""
        self._ends.recall(self._containers.values())
        for known in self._containers.values():
            if known.id not in told:
                for _ in self._standing(known, self._cluster.place(known)):
                    pass

    # Listings.

    def _take_baseline(self, listing: Listing, told: Container[str]) -> None:
        self._refresh(listing, told)
        self._settle_in(told)
        self._memory.baseline(listing.ended_at)

    def _infer(self, listing: Listing, told: Container[str]) -> None:
        for pending in differences(self._containers, listing, self._outage, told):
            if self._inherited.takes_out(pending.known.labels):
                continue
            self._containers[pending.known.id] = pending.known
            if pending.action == "create":
                self._made(pending.known, pending.at)
            self._add_inferred(pending, listing.ended_at)
            self._release(pending.known.id, listing.ended_at)
        self._refresh(listing, self._touched | self._waiting())

    def _add_inferred(self, pending: Pending, now: datetime) -> None:
        """An end, or a turn of health, of which no event told: there may be evidence yet."""
        if pending.judged and self._wishes:
            self._ask(pending, now)
        self._lines.add(pending)

    def _waiting(self) -> set[str]:
        return {head.known.id for head in self._lines.heads()}

    def _forget_taken_out(self, told: Container[str]) -> None:
        """Their owner has labelled their service since."""
        for known in [*self._containers.values()]:
            if known.id not in told and self._inherited.takes_out(known.labels):
                del self._containers[known.id]
                self._memory.keep(structs.replace(known, state=TERMINATED))

    def _refresh(self, listing: Listing, told: Container[str]) -> None:
        """Take in what no event tells of a container, such as how often it was restarted."""
        for each in listing.containers:
            if each.id not in told and not self._inherited.takes_out(each.labels):
                known = listed(each, self._containers.get(each.id), listing.ended_at)
                self._containers[each.id] = known
                self._underway.note(known, listing.ended_at)
                self._memory.keep(known)
