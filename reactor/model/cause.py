"""Why a container ended or its health turned: the words that rules see as `cause` and `planned`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What happened to a container (docs/docker.md, Causes)."""

    PLANNED_STOP = "planned_stop"  # somebody asked the engine to stop or remove it
    DEPLOY = "deploy"  # stopped, and replaced by a new container of its service
    COMPLETED = "completed"  # ended by itself with 0
    CRASH = "crash"  # ended by itself, not with 0
    OOM = "oom"  # the kernel killed it for lack of memory
    KILLED = "killed"  # ended by a signal: asked of the engine, or from outside
    CRASH_LOOP = "crash_loop"  # the third short run in a row
    UNHEALTHY = "unhealthy"  # its health probe began to fail
    RECOVERED = "recovered"  # its health probe succeeds again
    HOST_DOWN = "host_down"  # its engine stopped or cannot be reached
    UNKNOWN = "unknown"  # none of these can be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A cause with its proof. `planned` None: nobody knows, which is not "no". `evidence` are
    sentences for people, each about one event or answer that proves it, oldest first. `own` is
    what ended the last run of a crash loop, None for every other cause."""

    cause: Cause
    planned: bool | None
    evidence: tuple[str, ...] = ()
    own: Cause | None = None

    def facts(self) -> Mapping[str, object]:
        """As rules see it: what is not known is missing."""
        known = {} if self.planned is None else {"planned": self.planned}
        return {"cause": self.cause.value, **known, "cause_evidence": list(self.evidence)}
