"""How runs end: what an end is judged by, and what follows of one for others. Pure.

The table of causes is reactor/engine/cause.py.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from msgspec import structs

from reactor.engine.cause import judge, next_short_runs, revision
from reactor.engine.runs import Loss, Run
from reactor.model.cause import Cause, Judgement
from reactor.platforms.docker.creations import Creations, replaces
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import ONE_OFF, SWARM_SERVICE, place_of
from reactor.platforms.docker.waiting import Pending

_REVISED_FOR = timedelta(seconds=60)

Revision = tuple[Pending, Judgement]
"""A frame that told a cause, and the better one."""


class Ends:
    """Of one engine. For one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._creations = Creations()
        self._short_runs: dict[tuple[str, str], int] = {}
        self._planned = deque[Pending]()

    def recall(self, containers: Iterable[Known]) -> None:
        """These are there: the newest of them may yet take the place of others."""
        dated = [(known.created_at, known) for known in containers if known.created_at]
        for created_at, known in sorted(dated, key=lambda pair: pair[0]):
            service = self.service(known)
            if service is not None:
                self._creations.add(known, service, created_at)
                self._count(known, service)

    def service(self, known: Known) -> str | None:
        """The uuid of the service whose containers replace each other."""
        service = place_of(known.labels, self.engine).service
        return service.uuid if service and not is_one_off(known) else None

    def run(self, known: Known, run: Run, loss: Loss | None) -> Run:
        """The run of a container with what its end has to be judged by."""
        service = self.service(known)
        return replace(
            run,
            has_service=service is not None,
            replacement=self._creations.latest(known, service) if service else None,
            tells_kills=not self.engine.is_podman,
            loss=loss,
        )

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
            self._count(known, service)
        self._forget(pending.at)
        if judged.cause is Cause.PLANNED_STOP and known.has_ended:
            self._planned.append(pending)
        return known

    def started(self, known: Known) -> None:
        """It runs again: what comes now has nothing to do with its last end."""
        for told in [*self._planned]:
            if told.known.id == known.id:
                self._planned.remove(told)

    def _short_runs_of(self, known: Known) -> int:
        """Where a swarm makes a new container after each end, those of their common place."""
        place = (self.service(known) or "", known.slot)
        return self._short_runs.get(place, known.short_runs)

    def _count(self, known: Known, service: str) -> None:
        if SWARM_SERVICE in known.labels and known.judged:
            self._short_runs[service, known.slot] = known.short_runs

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

    def lost(self, loss: Loss, waiting: Iterable[Pending]) -> Iterator[Revision]:
        """The engine is gone: what ended lately may have ended with it."""

        def together(told: Pending) -> Run | None:
            return told.run and replace(told.run, loss=loss)

        for death in waiting:
            death.run = together(death)
        yield from self._revised(loss.at, together)

    def _revised(
        self, now: datetime, retold: Callable[[Pending], Run | None]
    ) -> Iterator[Revision]:
        """The planned stops of the last minute that turn out to be something else."""
        self._forget(now)
        for told in [*self._planned]:
            run = retold(told)
            judged = revision(told.judged, run) if told.judged and run else None
            if judged:
                self._planned.remove(told)
                told.run = run
                yield told, judged

    def _forget(self, now: datetime) -> None:
        """What ended longer ago stays as it was told."""
        while self._planned and now - self._planned[0].at > _REVISED_FOR:
            self._planned.popleft()


def is_one_off(known: Known) -> bool:
    """Whether it is a `compose run`, which is no part of its service's state."""
    return known.labels.get(ONE_OFF, "").lower() == "true"
