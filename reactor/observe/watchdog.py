"""Ends the process when deciding hangs, and leaves behind what every thread was doing: who hangs
cannot be stopped from within, and who starts again finds out what it hung at."""

import faulthandler
import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event

from reactor.observe.pulse import Pulse

HUNG = 20.0
"""Seconds after which deciding a batch is given up: it takes some milliseconds."""

GRACE = 0.5
"""Seconds that the log gets to write why."""


class Watchdog:
    """Watches one pulse; `run` is the body of its thread.

    What hangs in a library may not let that thread run. Then a signal ends the process, when it has
    spent as much processor time (a frozen process spends none). That signal leaves its traces in
    the same file, as does one that a fault in a library brings.
    """

    def __init__(self, pulse: Pulse, trace: Path, tell: Callable[[str], None], hung: float) -> None:
        """It may be silent for `hung` seconds. `trace` is emptied, and opened for the owner alone.
        Raises OSError."""
        self._pulse, self._path, self._tell, self._hung = pulse, trace, tell, hung
        self._file = os.open(trace, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._stop = Event()
        faulthandler.enable(self._file)
        faulthandler.register(signal.SIGPROF, self._file, chain=True)  # and then it is fatal
        self._wind_up()

    def _wind_up(self) -> None:
        """The signal comes when this thread could not run for so long."""
        signal.setitimer(signal.ITIMER_PROF, self._hung)

    def run(self) -> None:
        """Look every now and then until stopped. Ends the process with 1 when it hangs."""
        try:
            self._watch()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.unregister(signal.SIGPROF)
            faulthandler.disable()
            os.close(self._file)

    def _watch(self) -> None:
        """It must be seen to hang twice in a row: a process that was frozen is late once."""
        was_late = False
        while not self._stop.wait(min(self._hung / 4, 1.0)):
            self._wind_up()
            is_late = self._pulse.overdue() > self._hung
            if is_late and was_late:
                self._end()
            was_late = is_late

    def _end(self) -> None:
        why = f"it hung for more than {self._hung:g} s"
        os.write(self._file, f"{why}\n".encode())
        faulthandler.dump_traceback(self._file)
        self._tell(f"an event cannot be decided, {why}: ending; the traces are in {self._path}")
        self._stop.wait(GRACE)
        os._exit(1)

    def stop(self) -> None:
        """Watch no longer; `run` returns soon."""
        self._stop.set()
