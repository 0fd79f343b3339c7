"""What every test shares: how hypothesis searches, and that nothing it began outlives it."""

import faulthandler
import sys
import threading
import traceback
from collections.abc import Iterator
from threading import Thread

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong; pytest's time-out catches what hangs.
settings.register_profile("reactor", deadline=None, print_blob=True)
settings.load_profile("reactor")

PATIENCE = 10.0  # seconds for a thread to end
SECONDS_TO_EXIT = 60

# Of a server that outlives the test; they end with its loop.
_SHARED = "AnyIO worker thread"


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A thread that is no daemon and never ends would hold up the exit of the whole run, long after
    the test that began it, and without a word."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if not thread.daemon and thread.name != _SHARED:
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread} goes on:\n{_stack_of(thread)}"


def _stack_of(thread: Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame))


def pytest_unconfigure() -> None:
    """What else may hold up the exit is shown by its stack, and the run fails."""
    faulthandler.dump_traceback_later(SECONDS_TO_EXIT, exit=True, file=2)
