"""`python -m tests.crash.stuck …`: reactor whose pipeline hangs for ever at an event, as long as
the file `stuck` is there. Everything else of it goes on."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from reactor import guard
from reactor.cli import main
from reactor.engine.plan import Decision

STUCK = Path("stuck")


def _hanging(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    """The decider, with the fault."""

    def decided(*arguments: object, **named: object) -> Decision:
        if STUCK.exists():
            Event().wait()
        return decide(*arguments, **named)

    return decided


if __name__ == "__main__":
    guard.decide = _hanging(guard.decide)  # type: ignore[attr-defined]  # the fault itself
    main()
