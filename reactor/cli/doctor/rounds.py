"""Going round: all that has to wait is asked at once, and each answer is told in its turn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass

from reactor.cli.doctor.finding import Finding, broken, unreachable
from reactor.clock import monotonic
from reactor.platforms.pool import Pool

MOST_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something to look at: `look` may block. If it does for too long, that is a fault of a source,
    or of something else."""

    name: str
    look: Callable[[], Iterable[Finding]]
    is_source: bool = False

    def found(self) -> list[Finding]:
        """All of it."""
        return list(self.look())


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: after `quiet` it is said what is waited for, after `longest` it no longer is."""

    quiet: float = 2.0
    longest: float = 20.0


def go_round(
    checks: Sequence[Check], say: Callable[[str], None], patience: Patience
) -> Iterator[Finding]:
    """What the checks find, in their order, each as soon as it is there. Blocks for `longest` at
    most; `say` takes a line about a wait that lasts."""
    began, is_said = monotonic(), False
    with closing(Pool("doctor", MOST_AT_ONCE)) as pool:
        asked = [(check, pool.submit(check.found)) for check in checks]
        for check, future in asked:
            if not is_said and not _is_there(future, began + patience.quiet):
                late = [check.name for check, future in asked if not future.done()]
                say(f"waiting for {', '.join(late)}")
                is_said = True
            if _is_there(future, began + patience.longest):
                yield from future.result()
            else:
                yield _silent(check, patience.longest)


def _is_there(future: Future[list[Finding]], deadline: float) -> bool:
    """Whether it is done by then; waits for it until then."""
    return bool(wait([future], max(0.0, deadline - monotonic())).done)


def _silent(check: Check, seconds: float) -> Finding:
    judge = unreachable if check.is_source else broken
    return judge(check.name, f"no answer within {seconds:g} s", "see the network in between")
