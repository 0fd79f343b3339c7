"""Judges a run from outside: what was sent, what the journal holds, and what the endpoint heard.

It reads the tables themselves and none of reactor's code, which it is to judge.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.endpoint import Heard

OK = 200


@dataclass(frozen=True, slots=True)
class Case:
    """All there is to know. `sent` are ids of events; rows are plain tuples of the journal."""

    sent: list[str]
    heard: list[Heard]
    events: list[str]
    inputs: list[tuple[int, str, str | None]]
    evaluations: list[tuple[str, str, str, int, str, str | None]]
    deliveries: list[tuple[str, str, str | None, int]]

    @property
    def fired(self) -> set[str]:
        """The delivery ids of all firings."""
        return {str(row[5]) for row in self.evaluations if row[2] == "fired"}

    @property
    def accepted(self) -> Counter[str]:
        """How often the endpoint took each delivery."""
        return Counter(heard.id for heard in self.heard if heard.status == OK)

    @property
    def duplicates(self) -> int:
        """Deliveries taken more than once, counted beyond the first time."""
        return sum(self.accepted.values()) - len(self.accepted)

    @property
    def is_over(self) -> bool:
        """Whether all that was sent is there, and all that was promised is done."""
        is_done = all(state == "succeeded" for _, state, _, _ in self.deliveries)
        return is_done and set(self.sent) <= set(self.events)


def read_sent(path: Path) -> list[str]:
    """The ids of the frames in a file that a sender wrote."""
    return [json.loads(line)["uuid"] for line in path.read_text().splitlines()]


def read_case(data_dir: Path, sent: list[str], heard: list[Heard]) -> Case:
    """The case of one journal. It may be running."""
    uri = f"file:{data_dir}/reactor.db?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as db:
        db.execute("begin")  # all tables at one moment
        return Case(
            sent=sent,
            heard=heard,
            events=[row[0] for row in db.execute("select id from events")],
            inputs=db.execute(
                "select sequence, kind, event_id from inputs order by sequence"
            ).fetchall(),
            evaluations=db.execute(
                "select event_id, rule, reason, at, key, delivery_id from evaluations"
            ).fetchall(),
            deliveries=db.execute(
                """
                select id, state, order_key, (
                    select count(*) from attempts
                    where delivery = deliveries.number and verdict = 'interrupted'
                )
                from deliveries order by number
                """
            ).fetchall(),
        )


def faults(case: Case, rules: int) -> list[str]:
    """Every broken promise of a run that has come to rest, under so many rules of one action
    that match every event."""
    return [*_lost(case), *_undecided(case, rules), *_undelivered(case), *_untrue(case)]


def _lost(case: Case) -> Iterator[str]:
    yield from _told("sent and not journaled", set(case.sent) - set(case.events))
    yield from _told("journaled and never sent", set(case.events) - set(case.sent))
    yield from _told("journaled twice", _repeated(case.events))


def _undecided(case: Case, rules: int) -> Iterator[str]:
    sequence = [row[0] for row in case.inputs]
    if sequence != list(range(1, len(sequence) + 1)):
        yield f"the sequence of inputs has gaps: {len(sequence)} rows up to {sequence[-1]}"
    decided = [str(row[2]) for row in case.inputs if row[1] == "event"]
    yield from _told("journaled and not decided", set(case.events) - set(decided))
    yield from _told("decided twice", _repeated(decided))
    rows = Counter(row[0] for row in case.evaluations)
    yield from _told("without its evaluations", {id_ for id_ in decided if rows[id_] != rules})


def _undelivered(case: Case) -> Iterator[str]:
    planned = [row[0] for row in case.deliveries]
    yield from _told("fired without a delivery", case.fired - set(planned))
    yield from _told("a delivery without a firing", set(planned) - case.fired)
    yield from _told("not done", {row[0] for row in case.deliveries if row[1] != "succeeded"})
    yield from _told("fired and never delivered", case.fired - set(case.accepted))


def _untrue(case: Case) -> Iterator[str]:
    """What the endpoint saw that the journal cannot explain."""
    yield from unrecorded(case)
    bodies = Counter(id_ for id_, _ in {(heard.id, heard.body) for heard in case.heard})
    yield from _told("delivered with different bodies", {id_ for id_, n in bodies.items() if n > 1})
    firings = Counter(body for _, body in {(heard.id, heard.body) for heard in case.heard})
    yield from _told(
        "delivered under different ids", {text for text, n in firings.items() if n > 1}
    )
    yield from _told("delivered again without a crash", _again(case))
    yield from _told("out of order", _overtaken(case))


def unrecorded(case: Case) -> Iterator[str]:
    """What was sent though no commit says so; must hold at any moment."""
    heard = {heard.id for heard in case.heard}
    yield from _told("heard and not planned", heard - {row[0] for row in case.deliveries})


def _again(case: Case) -> set[str]:
    """Taken more often than once, and once more for each attempt that a crash cut short."""
    return {id_ for id_, _, _, cut in case.deliveries if case.accepted[id_] > 1 + cut}


def _overtaken(case: Case) -> set[str]:
    """Order keys whose deliveries were not first taken in the order they were planned."""
    first = {
        id_: n for n, id_ in reversed(list(enumerate(h.id for h in case.heard if h.status == OK)))
    }
    lanes: dict[str, list[int]] = defaultdict(list)
    for id_, _, order_key, _ in case.deliveries:
        if order_key is not None and id_ in first:
            lanes[order_key].append(first[id_])
    return {order_key for order_key, places in lanes.items() if places != sorted(places)}


def over_throttle(case: Case, rule: str, count: int, seconds: float) -> set[str]:
    """The keys under which `rule` fired more than `count` times within some span."""
    moments: dict[str, list[int]] = defaultdict(list)
    for _, name, reason, at, key, _ in case.evaluations:
        if (name, reason) == (rule, "fired"):
            moments[key].append(at)
    span = seconds * 1_000_000
    return {
        key
        for key, times in moments.items()
        if any(b - a < span for a, b in zip(sorted(times), sorted(times)[count:], strict=False))
    }


def _repeated(ids: Iterable[str]) -> set[str]:
    return {id_ for id_, count in Counter(ids).items() if count > 1}


def _told(what: str, ids: set[str]) -> Iterator[str]:
    if ids:
        yield f"{len(ids)} {what}, such as {min(ids)}"
