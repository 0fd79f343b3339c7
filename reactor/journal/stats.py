"""What became of everything that matched, by rule and action, and what is kept of the rules."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from reactor.journal.database import Connection
from reactor.journal.evaluations import Totals, timer_totals, totals
from reactor.model.delivery import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """`evaluations` are since the journal began, and `timers` those without an event, which are not
    among the others. `deliveries` are those that it has, by rule and action. By rule: `keys` are
    those that its gates remember something under, `incidents` those that are open."""

    evaluations: Totals
    timers: Totals
    deliveries: Mapping[tuple[str, str], Mapping[State, int]]
    keys: Mapping[str, int]
    incidents: Mapping[str, int]


def stats(db: Connection) -> Stats:
    """All of it, of one moment. Blocks for a scan of the deliveries and of the memory."""
    db.execute("begin")
    try:
        return Stats(
            evaluations=totals(db),
            timers=timer_totals(db),
            deliveries=_deliveries(db),
            keys=_keys(db),
            incidents=_incidents(db),
        )
    finally:
        db.execute("rollback")  # nothing was written: it only held the moment


def _deliveries(db: Connection) -> Mapping[tuple[str, str], Mapping[State, int]]:
    rows = db.execute(
        "select rule, action, state, count(*) as count from deliveries group by rule, action, state"
    )
    found: dict[tuple[str, str], dict[State, int]] = defaultdict(dict)
    for row in rows:
        found[row["rule"], row["action"]][State(row["state"])] = row["count"]
    return dict(found)


def _keys(db: Connection) -> Mapping[str, int]:
    rows = db.execute(
        "select rule, count(distinct key) as count from memory where rule <> '' group by rule"
    )
    return {row["rule"]: row["count"] for row in rows}


def _incidents(db: Connection) -> Mapping[str, int]:
    rows = db.execute(
        "select rule, count(*) as count from incidents where resolved_at is null group by rule"
    )
    return {row["rule"]: row["count"] for row in rows}
