"""A service in this process, on a real journal, that follows a file and sends to an endpoint."""

import json
from contextlib import closing
from pathlib import Path
from queue import Queue

from reactor.app import Service
from reactor.delivery.retry import Decision
from reactor.journal.database import open_reader
from reactor.journal.deliveries import list_deliveries
from reactor.model.delivery import Attempt, Delivery
from reactor.model.match import Reason
from reactor.model.rule import Ruleset
from reactor.road import UNOBSERVED
from reactor.transaction import Committed
from tests.builders import replace
from tests.config.loading import load_text
from tests.fakes import PATIENCE

RULES = """\
version: 1
sources:
  lines: {{type: file, path: {folder}/events.jsonl, follow: true}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: each
    match: {{type: container}}
    actions: [{{webhook: ops}}]
"""


class World:
    """Rules that send every event to an endpoint, and what the service told."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.data_dir = folder, folder / "data"
        (folder / "events.jsonl").touch()
        self.text = RULES.format(folder=folder, url=url)
        self.notices, self.warnings, self.failures = Queue[str](), Queue[str](), Queue[str]()
        self.committed = Queue[Committed]()
        self.attempts = Queue[tuple[Delivery, Attempt, Decision]]()
        self.observers = replace(
            UNOBSERVED,
            on_notice=self.notices.put,
            on_warning=self.warnings.put,
            on_commit=self.committed.put,
            on_attempt=lambda *told: self.attempts.put(told),
            on_failure=self.failures.put,
        )

    def ruleset(self, *changes: tuple[str, str]) -> Ruleset:
        """The rules with these texts replaced, from now on."""
        for old, new in changes:
            self.text = self.text.replace(old, new)
        return load_text(self.folder, self.text).ruleset

    def service(self, listen: tuple[str, int] | None = None) -> Service:
        """One more, which is not started."""
        return Service(
            ruleset=self.ruleset(),
            data_dir=self.data_dir,
            listen=listen,
            observers=self.observers,
        )

    def send(self, number: int) -> None:
        """Let the event of that number happen."""
        with (self.folder / "events.jsonl").open("a") as file:
            file.write(json.dumps({"type": "container", "uuid": f"event-{number}"}) + "\n")

    def deliveries(self) -> list[Delivery]:
        """Those of the journal."""
        with closing(open_reader(self.data_dir)) as reader:
            return list(list_deliveries(reader))

    def became(self, number: int) -> Reason:
        """What became of one more event for its first action."""
        self.send(number)
        while not (rows := self.committed.get(timeout=PATIENCE).evaluations):
            pass
        return rows[0].reason
