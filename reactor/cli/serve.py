"""The main thread of `run`: starts the service, hears signals, and stops it."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event

from reactor.app import Service
from reactor.cli.attendant import Attendant
from reactor.cli.output import counted
from reactor.cli.rulebook import Rulebook
from reactor.cli.story import Story
from reactor.clock import monotonic
from reactor.config.watch import Watch
from reactor.inflight import TRACE_NAME
from reactor.observe.systemd import Notifier, watchdog_seconds
from reactor.observe.watchdog import HUNG, Watchdog
from reactor.running import PATIENCE, started

MADE_UNTIL_COLLECTED = 20_000
"""Objects, more than are gone again: some megabytes of garbage at the most."""

STOP, RELOAD, CHANGED, REFUSED, FAILED = "stop", "reload", "changed", "refused", "failed"


def serve(book: Rulebook, data_dir: Path, listen: tuple[str, int] | None, story: Story) -> int:
    """Run the service until it is told to stop; the exit code."""
    told: SimpleQueue[str] = SimpleQueue()

    def failed(what: str) -> None:
        story.fail(f"{what}: stopping")
        told.put(FAILED)

    observers = story.observers(on_refused=lambda _: told.put(REFUSED), on_failure=failed)
    _listen_to_signals(told)
    service = Service(ruleset=book.ruleset, data_dir=data_dir, listen=listen, observers=observers)
    attendant = _attendant(service)
    with _ended_when_hung(service, data_dir / TRACE_NAME, story):
        service.start()
        _collect_seldom()
        _announce(service, book, data_dir, story)
        attendant.ready()
        try:
            with _watched(book, lambda: told.put(CHANGED), story):
                return _attend(told, book, service, attendant, story)
        finally:
            story.notice("stopping")
            attendant.stopping()
            service.stop()
            story.notice("stopped")


def _collect_seldom() -> None:
    """Have Python look for garbage in circles seldom, and not among what is there by now. An event
    leaves none, but a batch is some ten thousand objects: without this, a tenth of the time would
    be spent on looking at all that we are, and each look at everything takes 100 ms."""
    gc.freeze()
    gc.set_threshold(MADE_UNTIL_COLLECTED)


def _attend(
    told: "SimpleQueue[str]", book: Rulebook, service: Service, attendant: Attendant, story: Story
) -> int:
    """Do what is asked until the service is to stop; the exit code."""
    while True:
        what = _next(told, attendant)
        if what in (STOP, FAILED):
            return 1 if what == FAILED else 0
        if what == RELOAD or (what == CHANGED and book.is_outdated()):
            attendant.reloading()
            book.reload(service, story)
            attendant.ready()
        elif what == REFUSED and _is_idle(service):
            story.notice("it is the only source, so there is nothing to wait for")
            return 5


def _is_idle(service: Service) -> bool:
    """Whether a refused source leaves nothing to do. Once there was any, what came of it may wait
    for its time or its delivery, and whoever refuses us now may let us in again."""
    return len(service.statuses()) == 1 and not service.was_connected


def _attendant(service: Service) -> Attendant:
    watchdog = watchdog_seconds(os.environ, os.getpid())
    notifier = Notifier(os.environ)
    return Attendant(notifier, service.vitals, watchdog=watchdog, monotonic=monotonic)


def _listen_to_signals(told: "SimpleQueue[str]") -> None:
    """Turn signals into words; SimpleQueue.put is safe in a signal handler."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put(STOP))
    signal.signal(signal.SIGHUP, lambda *_: told.put(RELOAD))
    # Whoever opens the rule file for writing while we ask whether somebody has it open (see
    # config/watch.py) makes the kernel send us this, and it would end us.
    signal.signal(signal.SIGIO, signal.SIG_IGN)


def _next(told: "SimpleQueue[str]", attendant: Attendant) -> str:
    """The next word. A signal that comes in the instant before the wait begins does not end it,
    and its handler runs only when the wait is over: so no wait is longer than a second."""
    while True:
        attendant.tick()
        with suppress(Empty):
            return told.get(timeout=attendant.pause)


@contextmanager
def _watched(book: Rulebook, on_change: Callable[[], None], story: Story) -> Iterator[None]:
    """Meanwhile `on_change` is called, from another thread, when the rule file has changed."""
    watch, stop = Watch(book.path, book.seen, on_change), Event()
    started(
        "watch",
        lambda: watch.run(stop),
        lambda what: story.warn(f"{what}: the rule file is reloaded by SIGHUP only"),
    )
    try:
        yield
    finally:
        stop.set()


@contextmanager
def _ended_when_hung(service: Service, trace: Path, story: Story) -> Iterator[None]:
    """Meanwhile a decision that does not end, ends us."""
    try:
        watchdog = Watchdog(service.deciding, trace, story.fail, HUNG)
    except OSError as fault:
        story.warn(f"a decision that hangs will not be noticed: {fault}")
        yield
        return
    thread = started("watchdog", watchdog.run, story.fail)
    try:
        yield
    finally:
        watchdog.stop()
        thread.join(PATIENCE)


def _announce(service: Service, book: Rulebook, data_dir: Path, story: Story) -> None:
    address, ruleset = service.address, book.ruleset
    where = f", http://{address[0]}:{address[1]}/healthz" if address else ""
    if hub := service.hub_address:
        where += f", hub at {hub[0]}:{hub[1]}"
    story.notice(
        f"running {counted(len(ruleset.rules), 'rule')} on "
        f"{counted(len(ruleset.sources), 'source')}, "
        f"journal in {data_dir}{where}, pid {os.getpid()}"
    )
    if not ruleset.sources:
        story.notice("the rule file has no sources: nothing can happen before it has")
