"""Frames that wait, container by container, until what they tell is certain. Pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from msgspec import Struct, structs

from reactor.engine.runs import SETTLING, Loss, Run
from reactor.model.cause import Judgement
from reactor.platforms.docker.engine import ListedContainer
from reactor.platforms.docker.known import Known

_SHUT = "the engine lets nobody in any more, as one that ends"


class Ask(Struct, frozen=True, kw_only=True):
    """What the engine is to be asked about a container: an inspection, and the evidence that rules
    wish for. `until` is the moment around which its log is wanted, `at` when it was asked. With
    `is_stop` the engine sent it a signal, which may be the beginning of its own end."""

    id: str
    until: datetime
    at: datetime
    is_stop: bool = False
    is_service: bool = False


class Answer(Struct, frozen=True, kw_only=True):
    """What it said: None and nothing where it could not. `is_shut`: it lets nobody new in."""

    container: ListedContainer | None = None
    evidence: Mapping[str, object] = {}
    is_shut: bool = False
    labels: Mapping[str, str] = {}


class Pending(Struct, kw_only=True):
    """A frame about a container that is not handed in yet.

    `known` is the container right after the event, `at` when that was and `data` what the frame
    adds to the usual fields. `run` is what has to be judged first, None if nothing has; it goes on
    being told of until then. `judged` is the cause, once there is one. `ask` is what has been
    asked, until the answer is there. `identity` makes the frame's uuid.
    """

    known: Known
    at: datetime
    identity: tuple[str, ...]
    data: Mapping[str, object]
    action: str = ""
    state: str | None = None
    run: Run | None = None
    judged: Judgement | None = None
    ask: Ask | None = None
    evidence: Mapping[str, object] = {}

    @property
    def is_inferred(self) -> bool:
        """Whether no event told of it."""
        return self.data.get("inferred") is True

    @property
    def deadline(self) -> datetime:
        """When it is handed in at the latest, with what is known then. What was found later than it
        happened waits from then on."""
        began = self.ask.at if self.is_inferred and self.ask else self.at
        return began + SETTLING

    def take(self, answer: Answer) -> None:
        """What the engine said of it. An inspection may show a later run already: of that, only
        what counts all runs is taken."""
        if answer.is_shut and self.ask and self.run:
            self.run = replace(self.run, loss=Loss(at=max(self.at, self.ask.at), how=_SHUT))
        self.ask, self.evidence = None, answer.evidence
        found, run = answer.container, self.run
        if found is None or run is None:
            return
        started, died = found.started_at, run.died_at
        is_its = not (started and died and started > died)
        self.known = structs.replace(self.known, restart_count=found.restart_count)
        if is_its:
            self.run = replace(run, oom_killed=found.oom_killed)
            self.known = structs.replace(self.known, oom_killed=found.oom_killed)
            self._learn_exit_code(found)

    def _learn_exit_code(self, found: ListedContainer) -> None:
        """Where a label of the container stands in its place in the event."""
        is_masked = "exitCode" in found.labels and found.exit_code is not None
        if is_masked and self.run is not None:
            self.run = replace(self.run, exit_code=found.exit_code)
            self.known = structs.replace(self.known, exit_code=found.exit_code)


class Lines:
    """By container, in order: nothing overtakes what waits. For one thread."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Pending]] = {}

    def add(self, pending: Pending) -> None:
        """Let one wait behind the others of its container."""
        self._lines.setdefault(pending.known.id, deque()).append(pending)

    def heads(self) -> list[Pending]:
        """The first of each container."""
        return [line[0] for line in self._lines.values()]

    def line(self, container_id: str) -> Sequence[Pending]:
        """All of a container, the first one first."""
        return tuple(self._lines.get(container_id, ()))

    def head(self, container_id: str) -> Pending | None:
        """The first of a container."""
        line = self._lines.get(container_id)
        return line[0] if line else None

    def pop(self, container_id: str) -> None:
        """The first of a container was handed in."""
        line = self._lines[container_id]
        line.popleft()
        if not line:
            del self._lines[container_id]

    def death(self, container_id: str) -> Pending | None:
        """The last of a container that is to be judged."""
        line = self._lines.get(container_id, ())
        return next((each for each in reversed(line) if each.run is not None), None)

    def deaths(self) -> list[Pending]:
        """All that are to be judged."""
        return [each for line in self._lines.values() for each in line if each.run is not None]

    def give_up_asking(self) -> None:
        """No answer will come."""
        for line in self._lines.values():
            for each in line:
                each.ask = None

    def oldest(self) -> datetime | None:
        """The time of the oldest event that waits; what was inferred will be found again."""
        told = ((each.at for each in line if not each.is_inferred) for line in self._lines.values())
        return min((at for line in told for at in islice(line, 1)), default=None)

    def next_due(self) -> datetime | None:
        """When the first of them has to be handed in."""
        return min((head.deadline for head in self.heads()), default=None)
