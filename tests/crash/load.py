"""What the crash tests run: rules on a file that somebody writes to without a pause."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from random import Random
from threading import Event, Thread

from tests.endpoint import Answer, Manners
from tests.engine.inbound.senders import TOKEN

THROTTLE = 5
"""Firings of `in turn` per second and group."""

LINES = "lines: {{type: file, path: {events}, follow: true}}"
HOOK = f"ci: {{{{type: webhook, token: {TOKEN}}}}}"

RULES = """\
version: 1
sources:
  {sources}
destinations:
  ops: {{type: webhook, url: "{url}", rate_limit: {rate_limit}}}
rules:
  - name: each
    match: {{type: container}}
    actions:
      - webhook: ops
        retry: {{first: 100ms, ceiling: 1s}}
        timeout: {timeout}
        body: {{text: "{{{{ uuid }}}} of {{{{ group_name }}}}"}}
  - name: in turn
    match: {{state: [Running, Stopped]}}
    group_by: group_name
    throttle: 5 per 1s
    actions:
      - webhook: ops
        retry: {{first: 100ms, ceiling: 1s}}
        timeout: {timeout}
        body: {{text: "{{{{ uuid }}}}, {{{{ suppressed }}}} held back"}}
"""


def write_rules(
    folder: Path,
    url: str,
    *sources: str,
    rate_limit: str = "1000 per 1s",
    timeout: str = "10s",
) -> Path:
    """Two rules that match every frame of a sender; the second has memory and an order. `sources`
    are LINES, HOOK, or both."""
    path = folder / "rules.yaml"
    lines = "\n  ".join(sources or (LINES,)).format(events=folder / "events.jsonl")
    path.write_text(RULES.format(sources=lines, url=url, rate_limit=rate_limit, timeout=timeout))
    return path


def rude(seed: int) -> Manners:
    """Often slow, now and then not in the mood."""
    chance = Random(seed)

    def answer(_: int) -> Answer:
        status = 503 if chance.random() < 0.03 else 200
        return Answer(status, delay=chance.choice((0.0, 0.0, 0.0, 0.02, 0.1)))

    return answer


class Sender:
    """Appends frames to `events.jsonl` in small bursts, each with an id of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._path = folder / "events.jsonl"
        self._path.touch()
        self._chance = Random(seed)
        self._numbers = count(1)
        self._stop = Event()

    def send(self, frames: int) -> None:
        """So many frames at once, in one write."""
        burst = "".join(self._frame(next(self._numbers)) for _ in range(frames))
        with self._path.open("a") as file:
            file.write(burst)

    def _frame(self, number: int) -> str:
        frame = {
            "uuid": f"event-{number:06}",
            "type": "container",
            "action": "update",
            "state": self._chance.choice(("Running", "Stopped")),
            "group_name": f"service-{self._chance.randrange(8)}",
        }
        return json.dumps(frame) + "\n"

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Send about a hundred a second until the block is left."""
        thread = Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._chance.uniform(0.0, 0.1)):
            self.send(self._chance.randrange(1, 10))
