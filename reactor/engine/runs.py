"""What is known of one run of one container, from its start to its end. Values only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

SETTLING = timedelta(seconds=2)
"""Within it an engine has told all that belongs to one end, in whatever order it tells it."""

SHORT = timedelta(seconds=30)
"""A run that lasts less is a step of a crash loop."""

REMEMBERED = timedelta(seconds=60)
"""A signal, or another container, farther from the end than this has nothing to do with it."""

_OOM_BEFORE = timedelta(seconds=10)
_TERMINATING = {2, 3, 6, 9, 15}  # SIGINT, SIGQUIT, SIGABRT, SIGKILL, SIGTERM
_BY_SIGNAL = 128  # and its number, as exit code


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """A `kill` event: somebody asked the engine to send `signal`, which need not end anything."""

    signal: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Another, newer container of the same Compose or Swarm service."""

    name: str
    image: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The engine stopped, or cannot be reached. `how` that showed is a sentence for people."""

    at: datetime
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a container by the engine's events and clock. All times are UTC.

    A start begins a new one. So does the judgement of its end: what the engine tells of the
    container after that, such as a `stop` while a restart policy backs off, is a run of its own
    without `died_at`.

    `kills` are in their order, and need not be deadly. `oom_at` is the last `oom`,
    `oom_killed` the answer of an inspect (None: not asked yet). `replacement` matters only with
    `has_service`. `tells_kills`: a stop is always told as `kill`, `die`, `stop` (Docker); where it
    is not, a `stop` alone may follow the death (Podman). `short_runs` counts the runs in a row
    right before this one that were short and ended unplanned. `loss` is that of its engine, around
    its end; with `is_left_over` that of the one which had started it, while the one after it told
    of its end. With `is_cut` the connection was lost before all was told that belongs to the end.
    """

    started_at: datetime | None = None
    kills: tuple[Kill, ...] = ()
    oom_at: datetime | None = None
    died_at: datetime | None = None
    exit_code: int | None = None
    stopped_at: datetime | None = None
    destroyed_at: datetime | None = None
    restarted_at: datetime | None = None
    oom_killed: bool | None = None
    has_service: bool = False
    replacement: Replacement | None = None
    tells_kills: bool = True
    short_runs: int = 0
    loss: Loss | None = None
    is_left_over: bool = False
    is_cut: bool = False

    @property
    def ended_at(self) -> datetime | None:
        """The death. Without one, what the engine told instead; None while it runs."""
        ends = (self.died_at, self.stopped_at, self.restarted_at, self.destroyed_at)
        return next((end for end in ends if end is not None), None)

    @property
    def lasted(self) -> timedelta | None:
        """None where the start or the death was not seen."""
        if self.started_at is None or self.died_at is None:
            return None
        return self.died_at - self.started_at

    @property
    def is_short(self) -> bool:
        return self.lasted is not None and self.lasted < SHORT

    @property
    def requests(self) -> tuple[Kill, ...]:
        """The kills up to the end: a later one is meant for the next run."""
        end = self.ended_at
        return tuple(kill for kill in self.kills if end is None or kill.at <= end)

    @property
    def last_requests(self) -> tuple[Kill, ...]:
        """Those that came shortly before the end."""
        return tuple(kill for kill in self.requests if self._is_near(kill.at, REMEMBERED))

    @property
    def is_killed(self) -> bool:
        """Whether a signal was asked for shortly before the end that ends most programs, or that
        ended this one: its exit code says so."""
        return any(self._ended_by(kill) for kill in self.last_requests)

    def _ended_by(self, kill: Kill) -> bool:
        """Who lives on for a while and ends with a code of its own has survived the signal, as a
        Java program does that was asked for its threads."""
        if self.exit_code == _BY_SIGNAL + kill.signal:
            return True
        is_prompt = self._is_near(kill.at, SETTLING)
        return kill.signal in _TERMINATING and (is_prompt or self.exit_code == 0)

    @property
    def is_oom(self) -> bool:
        """Whether an `oom` was told right before the end, of whichever of its processes."""
        return self._is_near(self.oom_at, _OOM_BEFORE)

    @property
    def is_replaced(self) -> bool:
        """Whether the replacement was made for this end, and not long before or after it."""
        made = None if self.replacement is None else self.replacement.created_at
        return self.has_service and self._is_near(made, REMEMBERED)

    @property
    def is_replaced_late(self) -> bool:
        """Whether the replacement came after the end had settled, but soon."""
        if self.replacement is None or self.ended_at is None:
            return False
        later = self.replacement.created_at - self.ended_at
        return self.has_service and SETTLING < later <= REMEMBERED

    @property
    def is_removal(self) -> bool:
        """Whether nothing was told but the removal: it had ended before."""
        others = (self.died_at, self.stopped_at, self.restarted_at)
        return self.destroyed_at is not None and not any(others)

    @property
    def is_stopped(self) -> bool:
        """Whether the engine was asked to stop, restart or remove it, and told so with the end.

        Without a signal before the death they prove nothing of it: a `stop` may be meant for the
        back-off of a restart policy, a `restart` start what had ended, and a `destroy` comes by
        itself with `--rm`.
        """
        if self.died_at is None:
            return self.ended_at is not None
        if self.belongs(self.stopped_at) or self.belongs(self.restarted_at):
            return bool(self.requests) or not self.tells_kills  # any signal may be its STOPSIGNAL
        return self.is_killed and self.belongs(self.destroyed_at)

    def belongs(self, at: datetime | None) -> bool:
        """Whether what the engine told then belongs to the end, before or after the death."""
        return self._is_near(at, SETTLING)

    def _is_near(self, at: datetime | None, before: timedelta) -> bool:
        """Not more than `before` before the end, and not later than the end settles."""
        end = self.ended_at
        return at is not None and end is not None and end - before <= at <= end + SETTLING


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The end of a run of which no event told, as the engine lists and inspects the container.

    `restarts` is by how much its restart count has grown since it was last known: a restart by
    hand does not count in it. `loss` is set where the engine ended around the end of the run. An
    `exit_code` is None where a new run has taken its place. `is_elsewhere`: on another node of a
    swarm, which may have wished for the end.
    """

    died_at: datetime | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    loss: Loss | None = None
    is_elsewhere: bool = False

    @property
    def is_unstarted(self) -> bool:
        """Whether there was no run, as its program could not be started. An engine notes one of
        these codes then, and no time."""
        return self.died_at is None and self.exit_code in (126, 127, 128)
