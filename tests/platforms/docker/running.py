"""A reader as its parent sees it: a real process, its lines, and how it ends."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from reactor.platforms.docker.dial import parse_address
from reactor.platforms.docker.reader import Order, command
from tests.fakes import PATIENCE

Value = dict[str, Any]


class RunningReader:
    """Its process, and the values of the lines that it writes."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def next(self) -> Value:
        """The value of its next line."""
        assert self.process.stdout is not None
        value = json.loads(self.process.stdout.readline())
        assert isinstance(value, dict)
        return value

    def until(self, is_last: Callable[[Value], bool]) -> list[Value]:
        """The values that come up to one, which is the last."""
        came = [self.next()]
        while not is_last(came[-1]):
            came.append(self.next())
        return came

    def ended(self) -> tuple[int, str]:
        """How it ended by itself: its exit code and its last words."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        # Not communicate(): it closes standard input, and that alone ends a reader.
        self.process.stdout.read()
        return self.process.wait(PATIENCE), self.process.stderr.read().decode().strip()


@contextmanager
def reader(url: str, **order: Any) -> Iterator[RunningReader]:
    """A reader of the engine at a URL."""
    pipe = subprocess.PIPE
    started = command(Order(address=parse_address(url), **order))
    with subprocess.Popen(started, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            yield RunningReader(process)
        finally:
            process.kill()


def is_event(value: Value) -> bool:
    """Not a line of the reader's own."""
    return "reactor" not in value


def is_window(value: Value) -> bool:
    """The end of a window."""
    return value.get("reactor") == "window"
