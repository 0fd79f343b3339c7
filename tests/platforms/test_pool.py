"""Threads that are few, lazy, and never waited for."""

import gc
import threading
import weakref
from concurrent.futures import CancelledError
from functools import partial

import pytest

from reactor.platforms.pool import Pool

PATIENCE = 5.0


@pytest.fixture
def pool():
    pool = Pool("pool-under-test", 3)
    yield pool
    pool.close()
    assert gone()


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("pool-under-test")]


def gone():
    for thread in threads():
        thread.join(PATIENCE)
    return threads() == []


def test_the_result_of_a_function_is_its_futures(pool):
    assert pool.submit(lambda: 42).result(PATIENCE) == 42


def test_what_a_function_raises_is_its_futures_and_the_thread_goes_on(pool):
    failed = pool.submit(lambda: 1 // 0)

    assert isinstance(failed.exception(PATIENCE), ZeroDivisionError)
    assert pool.submit(lambda: "still here").result(PATIENCE) == "still here"


def test_there_is_no_thread_before_there_is_something_to_do(pool):
    assert threads() == []


def test_a_thread_that_is_idle_does_the_next(pool):
    names = {
        pool.submit(lambda: threading.current_thread().name).result(PATIENCE) for _ in range(20)
    }

    assert len(names) <= 2  # the first may not be idle yet when the second is submitted


def test_there_are_never_more_threads_than_its_size(pool):
    release, busy = threading.Event(), threading.Semaphore(0)

    def hang():
        busy.release()
        release.wait(PATIENCE)

    futures = [pool.submit(hang) for _ in range(10)]
    assert all(busy.acquire(timeout=PATIENCE) for _ in range(3))

    assert len(threads()) == 3
    release.set()
    assert [future.result(PATIENCE) for future in futures] == [None] * 10


def test_its_threads_do_not_hold_up_the_exit(pool):
    assert pool.submit(lambda: threading.current_thread().daemon).result(PATIENCE)


def test_what_was_not_begun_when_it_closes_is_cancelled(pool):
    release, busy = threading.Event(), threading.Semaphore(0)
    hanging = [pool.submit(lambda: busy.release() or release.wait(PATIENCE)) for _ in range(3)]
    assert all(busy.acquire(timeout=PATIENCE) for _ in range(3))
    waiting = pool.submit(lambda: 1)

    pool.close()
    release.set()

    with pytest.raises(CancelledError):
        waiting.result(PATIENCE)
    assert [future.result(PATIENCE) for future in hanging] == [True] * 3
    assert gone()


def test_after_it_was_closed_it_takes_nothing(pool):
    pool.close()

    assert pool.submit(lambda: 1).cancelled()
    assert threads() == []


def test_a_thread_keeps_nothing_of_its_last_work_alive():
    pool = Pool("pool-under-test", 1)

    class Thing:
        pass

    thing = Thing()
    known = weakref.ref(thing)
    pool.submit(partial(id, thing)).result(PATIENCE)
    del thing
    pool.submit(gc.collect).result(PATIENCE)

    assert known() is None
    pool.close()
