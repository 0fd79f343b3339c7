"""`python -m tests.crash.poisonous …`: reactor with one more action, which does to its process what
an event says, and with little patience for what hangs."""

import os
import re
import signal
from threading import Event

from reactor.actions import ACTIONS
from reactor.cli import main, serve
from tests.dangerous import dangerous

HUNG = 0.6
"""Seconds after which its watchdog ends it."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    Event().wait()


def spin() -> None:
    """In a library, and without letting another thread run."""
    re.match(r"(a+)+$", "a" * 60 + "b")


if __name__ == "__main__":
    deeds = {deed.__name__: deed for deed in (die, hang, spin)}
    ACTIONS.update(dangerous(deeds))  # type: ignore[attr-defined]  # that is what this program is
    serve.HUNG = HUNG  # type: ignore[attr-defined]
    main()
