"""How runs end: what an end is judged by, and what follows of one for others. Pure.

The table of causes is reactor/engine/cause.py.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from reactor.engine.cause import is_revisable, judge, next_short_runs, revision
from reactor.engine.runs import SETTLING, Loss, Run
from reactor.model.cause import Judgement
from reactor.platforms.docker.creations import Creations, replaces
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.events import EngineEvent
from reactor.platforms.docker.known import TERMINATED, Known
from reactor.platforms.docker.moves import run_after
from reactor.platforms.docker.objects import SWARM_SERVICE, place_of
from reactor.platforms.docker.waiting import Pending

_SAME_SEQUENCE = SETTLING
"""A removal so soon after the end belongs to it, as with `--rm`; a later one is a wish of its
own."""

_REVISED_FOR = timedelta(seconds=60)
_MOST_REVISABLE = 1_000

Revision = tuple[Pending, Judgement]
"""A frame that told a cause, and the better one."""


class Ends:
    """Of one engine. For one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._creations = Creations()
        self._short_runs: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._revisable: dict[tuple[str, ...], Pending] = {}
        self._lost: Loss | None = None
        self._begun = set[str]()

    @property
    def revisable(self) -> Sequence[Pending]:
        """The ends that may yet turn out to be something else than was told, oldest first."""
        return tuple(self._revisable.values())

    def resume(self, revisable: Iterable[Pending]) -> None:
        """These were told before a restart."""
        self._revisable |= {told.identity: told for told in revisable}

    def recall(self, containers: Iterable[Known]) -> None:
        """These are there: the newest of them may yet take the place of others."""
        dated = [(known.created_at, known) for known in containers if known.created_at]
        for created_at, known in sorted(dated, key=lambda pair: pair[0]):
            service = self.service(known)
            if service is not None:
                self._creations.add(known, service, created_at)
                self._count(known, service, known.run.died_at)

    def service(self, known: Known) -> str | None:
        """The uuid of the service whose containers replace each other."""
        service = place_of(known.labels, self.engine).service
        return service.uuid if service else None

    def run(self, known: Known, run: Run) -> Run:
        """The run of a container with what its end has to be judged by."""
        service = self.service(known)
        is_left_over = self._lost is not None and known.id not in self._begun
        return replace(
            run,
            has_service=service is not None,
            replacement=self._creations.latest(known, service) if service else None,
            tells_kills=not self.engine.is_podman,
            loss=self._lost if is_left_over else None,
            is_left_over=is_left_over,
        )

    def wish(self, before: Known, event: EngineEvent, death: Pending | None) -> Run | None:
        """What a stop in the pauses of a restart policy, or a removal, is judged by: it is a wish
        of its own, unless the end that it belongs to was judged just before, is yet to be (`death`)
        or to be told. `before` is the container before the event."""
        if before.state == TERMINATED or (event.action == "stop" and not before.has_ended):
            return None
        if death is not None and event.at - death.at <= _SAME_SEQUENCE:
            return None
        died = before.run.died_at
        # A stop belongs to no end that came by itself.
        is_its = event.action != "stop" or bool(before.run.kills)
        if is_its and before.judged and died and event.at - died <= _SAME_SEQUENCE:
            return None
        return self.run(before, run_after(Run(), event))

    def judge(self, pending: Pending, run: Run, known: Known, now: datetime) -> Judgement | None:
        """Why the run of a frame ended, None as long as something may come that tells otherwise.
        `known` is the container at present."""
        pending.run = run = replace(run, short_runs=self._short_runs_of(known))
        verdict = judge(run, now)
        if isinstance(verdict, datetime) and now >= pending.deadline:
            verdict = judge(run, verdict)  # what belongs to the end was told later than its frame
        return None if isinstance(verdict, datetime) else verdict

    def conclude(self, pending: Pending, run: Run, judged: Judgement, known: Known) -> Known:
        """An end was judged: the container, at present `known`, from now on."""
        short_runs = next_short_runs(run, judged)
        known = structs.replace(known, judged=judged, short_runs=short_runs)
        service = self.service(known)
        if service is not None:
            self._count(known, service, run.died_at)
        is_last = known.has_ended and run.died_at in (None, known.run.died_at)
        if is_last and is_revisable(judged, run):
            self._revisable[pending.identity] = pending
        self._forget(pending.at)
        return known

    def started(self, known: Known) -> None:
        """It runs again: what comes now has nothing to do with its last end."""
        if self._lost is not None:
            self._begun.add(known.id)
        for told in self.revisable:
            if told.known.id == known.id:
                del self._revisable[told.identity]

    def _short_runs_of(self, known: Known) -> int:
        """Where a swarm makes a new container after each end, those of their common place."""
        place = (self.service(known) or "", known.slot)
        counted = self._short_runs.get(place)
        return counted[1] if counted else known.short_runs

    def _count(self, known: Known, service: str, died_at: datetime | None) -> None:
        """Only the newest run of a place counts, by when it died: a swarm removes old ones while
        they go on."""
        if SWARM_SERVICE not in known.labels or not known.judged or died_at is None:
            return
        newest = self._short_runs.get((service, known.slot))
        if newest is None or newest[0] <= died_at:
            self._short_runs[service, known.slot] = died_at, known.short_runs

    def made(self, known: Known, at: datetime, waiting: Iterable[Pending]) -> Iterator[Revision]:
        """A container was made: it may take the place of one whose end is `waiting` to be judged,
        or was judged lately."""
        service = self.service(known)
        if service is None:
            return
        made = self._creations.add(known, service, at)

        def replaced(told: Pending) -> Run | None:
            is_its = replaces(known, told.known) and self.service(told.known) == service
            return replace(told.run, replacement=made) if is_its and told.run else None

        for death in waiting:
            death.run = replaced(death) or death.run
        yield from self._revised(at, replaced)

    def cut_off(self, waiting: Iterable[Pending]) -> None:
        """The connection is lost, which tells nothing of the engine: of these no more is told."""
        for death in waiting:
            death.run = death.run and replace(death.run, is_cut=True)

    def succeeded(self, loss: Loss, waiting: Iterable[Pending]) -> Iterator[Revision]:
        """Another process has taken the place of the engine that was lost: what ended lately may
        have ended with that. What this one ends and has not started is left over from it, until all
        was listed."""
        self._lost = loss
        self._begun.clear()

        def together(told: Pending) -> Run | None:
            return told.run and replace(told.run, loss=loss)

        for death in waiting:
            death.run = together(death)
        yield from self._revised(loss.at, together)

    def listed(self) -> None:
        """All that runs was started by the present engine."""
        self._lost = None
        self._begun.clear()

    def _revised(
        self, now: datetime, retold: Callable[[Pending], Run | None]
    ) -> Iterator[Revision]:
        """The ends of the last minute that turn out to be something else."""
        self._forget(now)
        for told in self.revisable:
            run = retold(told)
            judged = revision(told.judged, run) if told.judged and run else None
            if judged:
                del self._revisable[told.identity]
                told.run = run
                yield told, judged

    def _forget(self, now: datetime) -> None:
        """What ended longer ago stays as it was told, and so does the oldest of too many."""
        for told in self.revisable:
            is_old = now - told.at > _REVISED_FOR
            if not is_old and len(self._revisable) <= _MOST_REVISABLE:
                return
            del self._revisable[told.identity]
