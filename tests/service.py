"""The real `reactor run` in a process of its own, for tests of the whole product."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Event, Thread

ROOT = Path(__file__).parent.parent

PATIENCE = 30.0
"""Seconds until a test gives up on something that takes a second on a busy machine."""


class Service:
    """`reactor run RULES --data-dir DIR …`; what it says on stderr can be waited for.

    Its output on stdout is left where nobody reads it: the tests ask the journal. `program` is a
    module that runs it under other circumstances.
    """

    def __init__(
        self,
        rules: Path,
        data_dir: Path,
        *options: str,
        stdin: int = subprocess.DEVNULL,
        program: str = "reactor",
    ) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", program, "run", str(rules)),
                *("--data-dir", str(data_dir), "--log-format", "text", *options),
            ],
            cwd=ROOT,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._changed = Condition()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                with self._changed:
                    self.said.append(line.rstrip("\n"))
                    self._changed.notify_all()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def hears(self, *words: str, times: int = 1) -> str:
        """The `times`-th line that holds all of these words, as soon as there is one."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._lines(words)) >= times, PATIENCE), (
                f"never said {words}: {self.said}"
            )
            return self._lines(words)[times - 1]

    def _lines(self, words: tuple[str, ...]) -> list[str]:
        return [line for line in self.said if all(word in line for word in words)]

    def reload(self) -> None:
        """Ask it to read its rules again."""
        os.kill(self.pid, signal.SIGHUP)

    def kill(self, after: float = 0.0) -> None:
        """End it as a crash does, so many seconds from now, at whatever it is doing then."""
        try:
            self._process.wait(after)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            self._reader.join()
        else:
            raise AssertionError(f"it ended by itself: {self.said}")

    def stop(self) -> int:
        """Stop it as an operator does; its exit code."""
        self._process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Its exit code, when it has ended."""
        code = self._process.wait(2 * PATIENCE)  # on a full disk it tries for 20 s to keep promises
        self._reader.join(PATIENCE)
        return code

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


def free_port() -> int:
    """One on loopback that stays the same over the lives of a service."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def eventually(check: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Return as soon as `check` holds; for what a process does that nobody can signal to us."""
    never = Event()
    for _ in range(int(seconds / 0.05)):
        if check():
            return
        never.wait(0.05)
    raise AssertionError(f"in {seconds} s it never came true that {what}")
