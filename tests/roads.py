"""The road as a whole, with a real journal and writer; only the clock is set by hand."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from threading import Thread

import msgspec

from reactor.actions import ACTIONS
from reactor.inflight import Inflight
from reactor.journal.database import Connection, open_reader, open_writer
from reactor.journal.evaluations import list_evaluations
from reactor.journal.summary import counts
from reactor.journal.writer import Writer
from reactor.model.delivery import Delivery, State
from reactor.model.event import Arrival
from reactor.model.lookup import Answer, Found, Need
from reactor.model.match import Reason
from reactor.model.protocols import ActionType, Lookups
from reactor.model.rule import Ruleset
from reactor.model.signal import Signal
from reactor.model.uri import object_uri, stable_uuid
from reactor.pipeline import Pipeline
from reactor.transaction import Committed, Item, Surroundings
from tests.builders import NOON, replace
from tests.config.loading import load_text
from tests.fakes import PATIENCE

RULES = """\
rules:
  - name: each
    match: {type: container}
    actions: [{log: info, text: "{{ n }}"}]
  - name: some
    match: {type: container}
    group_by: key
    throttle: 2 per 5m
    actions: [{log: info, text: "{{ n }}"}, {log: error, name: second, if: {n: 1}, text: one}]
"""

NO_LOOKUPS: Mapping[str, Lookups] = {}


class Road:
    """A pipeline on the journal in `folder`, and what it told."""

    def __init__(
        self,
        folder: Path,
        rules: str = RULES,
        lookups: Mapping[str, Lookups] = NO_LOOKUPS,
        actions: Mapping[str, ActionType] = ACTIONS,
        now: datetime = NOON,
    ) -> None:
        self.folder, self.now, self._actions = folder, now, actions
        self.committed: list[Committed] = []
        self.told: list[Answer | Signal] = []
        self.warned: list[str] = []
        self.given_back: list[Delivery] = []
        self.writer = Writer(open_writer(folder), print)
        self._thread = Thread(target=self.writer.run)
        self._thread.start()
        self.reader, self._own = open_reader(folder), open_reader(folder)
        self.inflight = Inflight(folder, self.warned.append)
        ruleset = self.ruleset(rules)
        self.pipeline = Pipeline(
            ruleset=ruleset,
            actions=actions,
            writer=self.writer,
            reader=self._own,
            inflight=self.inflight,
            around=Surroundings(
                now=lambda: self.now,
                on_commit=self.committed.append,
                lookups=lookups,
                tell=self.told.append,
                claim=_claimed,
                give_back=self.given_back.extend,
            ),
        )
        self.pipeline.adopt(ruleset)

    def ruleset(self, rules: str) -> Ruleset:
        """These rules, loaded."""
        return load_text(self.folder, rules, actions=self._actions).ruleset

    def receive(self, *items: Item) -> Committed:
        """Take these down the road."""
        return self.pipeline.receive(items)

    def reasons(self, rule: str = "some", action: str = "log") -> list[Reason]:
        """What became of the matches of a rule, for one action."""
        rows = list_evaluations(self.reader, rule=rule)
        return [row.reason for row in rows if row.action == action]

    def close(self) -> None:
        """End as a service does that is stopped, with every match accounted for."""
        self.writer.close()
        self._thread.join(PATIENCE)
        self.inflight.close()
        check_conservation(self.reader)
        self.reader.close()
        self._own.close()


def check_conservation(reader: Connection) -> None:
    """Everything that matched has one row, and each reason is counted as often as it is there: so
    matched = fired + waiting + the sum over the other reasons (design.md §7.3)."""
    rows, totals = list(list_evaluations(reader)), counts(reader)
    for counted, is_timer in ((totals.evaluations, False), (totals.timers, True)):
        found = Counter(
            (row.rule, row.action, row.reason) for row in rows if (not row.event_id) is is_timer
        )
        assert found == {key: count for key, count in counted.items() if count}


def _claimed(promised: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """As by a dispatcher that has room for all."""
    return tuple(replace(each, state=State.RUNNING, attempts=1) for each in promised)


def an_arrival(
    number: int = 0,
    *,
    source: str = "local",
    key: str = "a",
    acknowledge: Callable[[], None] | None = None,
    **frame: object,
) -> Arrival:
    """A frame with a number, which names it."""
    raw = msgspec.json.encode({"type": "container", "n": number, "key": key, **frame})
    return Arrival(source=source, raw=raw, identity=f"line-{number}", acknowledge=acknowledge)


class Cloud:
    """A source's objects: what it is asked waits in `asked` until a test answers it."""

    def __init__(self) -> None:
        self.asked: list[Callable[[Found], None]] = []

    def recall(self, uri: str) -> None:
        return None

    def forget(self, uri: str) -> None:
        pass

    def ask(self, need: Need, tell: Callable[[Found], None]) -> None:
        self.asked.append(tell)

    def answer(self, **fields: object) -> None:
        """Answer what was asked first."""
        self.asked.pop(0)(Found(object=fields))


LOOKED_UP = """\
rules:
  - name: crashed
    match: {type: container, container.exit_code: {gt: 0}}
    group_by: container.name
    actions: [{log: info, text: "{{ container.name }}: {{ container.exit_code }}"}]
"""


def a_frame(number: int = 1, **frame: object) -> Arrival:
    """A frame of the container `web`, from a source that can be asked."""
    uri = object_uri("container", stable_uuid("web"))
    raw = msgspec.json.encode({"type": "container", "resource_uri": uri, **frame})
    return Arrival(source="cloud", raw=raw, identity=f"frame-{number}", platform=True)
