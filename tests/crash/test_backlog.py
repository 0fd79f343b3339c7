"""A million deliveries that wait when the service starts, and others that do not wait for them."""

import statistics
from contextlib import closing
from threading import Event, Lock

import pytest

from reactor.clock import monotonic
from reactor.journal.database import open_writer
from reactor.journal.deliveries import insert_deliveries
from tests.builders import NOON, a_delivery
from tests.crash.sinks import sink
from tests.delivery.servers import header
from tests.service import Service

BACKLOG, QUIET = 1_000_000, 50
LONGEST_START, LONGEST_WAIT = 2.0, 1.0
"""Seconds: until the backlog begins to drain, and for others beside it."""

PAUSE = 0.1

RULES = """
sources:
  lines: {{type: file, path: {events}, follow: true}}
destinations:
  crowd: {{type: webhook, url: "{url}"}}
  quiet: {{type: webhook, url: "{url}"}}
rules:
  - name: every stop
    match: {{state: Stopped}}
    actions:
      - webhook: quiet
        body: {{number: "{{{{ number }}}}"}}
"""


class Arrivals:
    """When the first of the backlog came, and what came from the rule; counted by the seconds of
    the monotonic clock."""

    def __init__(self) -> None:
        self.first: float | None = None
        self.quiet: dict[str, float] = {}
        self._lock = Lock()
        self.began, self.came = Event(), Event()

    def note(self, request: bytes) -> None:
        """A request is here."""
        with self._lock:
            if (header(request, b"webhook-id") or "").startswith("backlog"):
                self.first = self.first or monotonic()
                self.began.set()
            else:
                self.quiet[request.partition(b"\r\n\r\n")[2].decode()] = monotonic()
                self.came.set()


def fill(folder):
    """A journal in which so many deliveries wait, as many inserts would have left it."""
    folder.mkdir()
    with closing(open_writer(folder)) as db:
        early = {"created_at": NOON, "promised_at": NOON, "due_at": NOON}
        past = {key: at.replace(year=2020) for key, at in early.items()}
        insert_deliveries(
            db, [a_delivery(id="backlog-1", destination="crowd", lane="crowd", **past)]
        )
        names = [row["name"] for row in db.execute("pragma table_info(deliveries)")]
        same = ", ".join(name for name in names if name not in ("number", "id"))
        db.execute("begin")
        db.execute(
            f"""
            insert into deliveries (id, {same})
            with recursive counted(n) as (
                select 2 union all select n + 1 from counted where n < {BACKLOG}
            )
            select 'backlog-' || n, {same} from counted, deliveries where number = 1
            """  # noqa: S608 -- of a number and of names of columns
        )
        db.execute(
            """
            insert into requests (delivery, content)
            select number, (select content from requests where delivery = 1)
            from deliveries where number > 1
            """
        )
        db.execute("commit")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_backlog_begins_to_drain_at_once_and_does_not_starve_another_rule(tmp_path):
    fill(tmp_path / "data")
    events, rules, arrivals = tmp_path / "events.jsonl", tmp_path / "rules.yaml", Arrivals()
    events.touch()
    with sink(arrivals.note) as url:
        rules.write_text(RULES.format(events=events, url=url))
        began = monotonic()
        with Service(rules, tmp_path / "data", "--http", "off") as service:
            assert arrivals.began.wait(60)
            written = {}
            with events.open("a") as lines:
                for number in range(QUIET):
                    written[f'{{"number":"{number}"}}'] = monotonic()
                    lines.write(f'{{"state": "Stopped", "number": {number}}}\n')
                    lines.flush()
                    Event().wait(PAUSE)
            while len(arrivals.quiet) < QUIET:
                arrivals.came.clear()
                assert arrivals.came.wait(30), "a delivery of the other rule never came"
            assert service.stop() == 0

    waits = [arrivals.quiet[body] - at for body, at in written.items()]
    assert statistics.quantiles(waits, n=100)[98] <= LONGEST_WAIT
    assert (arrivals.first or 0) - began <= LONGEST_START
