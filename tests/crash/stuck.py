"""`python -m tests.crash.stuck …`: reactor whose pipeline hangs for ever at an event, as long as
the file `stuck` is there. Everything else of it goes on."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from reactor import guard
from reactor.cli import main
from reactor.engine.draft import Decision
from reactor.engine.inputs import Taken
from reactor.model import event as model

STUCK = Path("stuck")


def _hanging(decide: Callable[..., Decision]) -> Callable[..., Decision]:
    """The decider, with the fault."""

    def decided(taken: Taken, *others: object) -> Decision:
        if isinstance(taken, model.Event) and STUCK.exists():
            Event().wait()
        return decide(taken, *others)

    return decided


if __name__ == "__main__":
    guard.decision_on = _hanging(guard.decision_on)  # type: ignore[attr-defined]  # the fault itself
    main()
