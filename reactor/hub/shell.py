"""A shell for simulated containers: it knows `echo` and `exit`, and that it knows nothing else."""

import shlex
from collections.abc import Sequence

from reactor.hub.fleet import Output
from reactor.hub.pipe import Pipe

SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash")
END_OF_INPUT = b"\x04"

MOST_TYPED = 4 * 1024
"""Bytes of a line; what is longer is cut, as a terminal does."""


class Shell:
    """A command in a simulated container, as a Terminal (reactor/hub/fleet.py): a shell that reads
    what is typed, or one command, which has ended at once."""

    def __init__(self, command: Sequence[str]) -> None:
        self._pipe: Pipe[Output] = Pipe()
        self._typed = b""
        if command[0] not in SHELLS:
            self._run(command)
            self._pipe.end()

    def read(self) -> Sequence[Output]:
        """What was written since; blocks until there is something."""
        return self._pipe.read()

    def write(self, typed: bytes) -> None:
        """Whole lines are run, and what is left when the input ends. A carriage return, which is
        what terminals send, is an end of line too."""
        typed, ended, _ = typed.partition(END_OF_INPUT)
        *lines, rest = (self._typed + typed.replace(b"\r", b"\n")).split(b"\n")
        self._typed = rest[:MOST_TYPED]
        for line in [*lines, self._typed] if ended else lines:
            self._run(_words(line.decode(errors="replace")))
        if ended:
            self._pipe.end()

    def close(self) -> None:
        """Nothing is written any more."""
        self._pipe.close()

    def _run(self, words: Sequence[str]) -> None:
        match words:
            case []:
                pass
            case ["exit", *_]:
                self._pipe.end()
            case ["echo", *said]:
                self._pipe.put(Output(text=f"{' '.join(said)}\n", stream="stdout"))
            case [unknown, *_]:
                self._pipe.put(Output(text=f"sh: {unknown}: not found\n", stream="stderr"))


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation without an end
        return line.split()
