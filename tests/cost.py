"""What a call costs, for tests that something is never slow."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """The body takes no more CPU seconds of this thread than `seconds`.

    Garbage collection is off meanwhile: a collection of all that thousands of tests left behind
    takes half a second, and would be counted here.
    """
    gc.collect()
    gc.disable()
    try:
        begun = time.thread_time()
        yield
        taken = time.thread_time() - begun
    finally:
        gc.enable()
    assert taken < seconds, f"took {taken:.3f} s of CPU, at most {seconds} s"
