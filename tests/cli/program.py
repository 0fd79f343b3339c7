"""The real program in a process of its own; what it writes can be waited for."""

import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Condition, Thread
from typing import IO

from tests.service import PATIENCE

ROOT = Path(__file__).parent.parent.parent
NOTHING_MORE: Mapping[str, str] = {}


class Lines:
    """What comes out of a pipe, line by line."""

    def __init__(self, pipe: IO[str]) -> None:
        self._lines: list[str] = []
        self._changed = Condition()
        self._reader = Thread(target=self._read, args=(pipe,))
        self._reader.start()

    def _read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()

    def hears(self, *words: str) -> str:
        """The first line that holds all of these words, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._with(words), PATIENCE), (words, self._lines)
            return self._with(words)[0]

    def _with(self, words: tuple[str, ...]) -> list[str]:
        return [line for line in self._lines if all(word in line for word in words)]

    def all(self) -> list[str]:
        """Every line, once the other side has closed the pipe."""
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive(), self._lines
        return self._lines


class Program:
    """`reactor WORDS`, started in `folder`, which is also its HOME."""

    def __init__(
        self, folder: Path, *words: str, environment: Mapping[str, str] = NOTHING_MORE
    ) -> None:
        # A shell makes what it runs in the background ignore Ctrl-C, and children inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reactor", *words],
                cwd=folder,
                env={"PYTHONPATH": str(ROOT), "HOME": str(folder), **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.out, self.err = Lines(self._process.stdout), Lines(self._process.stderr)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def send(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def ended(self, seconds: float = PATIENCE) -> int:
        """Its exit code, when it has ended; fails if it has not after `seconds`."""
        return self._process.wait(seconds)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self.out.all()
        self.err.all()
