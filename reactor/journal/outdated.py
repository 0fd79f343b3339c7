"""What the journal need not keep any longer: which rows of each table, and their removal.

An event goes when it is old, decided, nothing waits for it at a gate, and none of its deliveries is
kept any more; what was decided of it goes with it. An incident stays while it is open, and then as
long as a delivery; of its events those that are kept. Totals stay as they are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reactor.duration import to_micros
from reactor.journal.codec import to_json
from reactor.journal.database import Connection
from reactor.model.rule import Keep

WINDOW = 1_000
"""Rows that are looked at together, by a connection that is in nobody's way."""

SLICE = 200
"""Rows that one Remove takes at most: some 10 ms of the writer, and never 50."""


class Part(StrEnum):
    """What is gone through, in the order of this list: each is kept for the sake of one before."""

    DELIVERIES = "deliveries"
    EVENTS = "events"
    EVALUATIONS = "evaluations"
    INPUTS = "inputs"
    REJECTIONS = "rejections"
    INCIDENTS = "incidents"
    INCIDENT_EVENTS = "incident_events"
    SILENCES = "silences"


Limits = Mapping[str, int]
"""Per key of `keep`, what is older than this moment (microseconds since 1970) may go."""


def limits(keep: Keep, now: datetime) -> Limits:
    """The moments up to which things may go."""
    return {
        "events": to_micros(now - keep.events),
        "deliveries": to_micros(now - keep.deliveries),
        "dead_letters": to_micros(now - keep.dead_letters),
    }


def outdated(reader: Connection, part: Part, up_to: Limits) -> Iterator[tuple[int, ...]]:
    """What may go, in the order of its numbers, in slices.

    Rows are numbered as time goes by, so it is over where all are young. One that stands among
    older ones with a time of its own, as after a jump of the clock, stays and hides none of them.
    """
    after = 0
    while True:
        rows = reader.execute(_LOOK[part], {"after": after, "window": WINDOW, **up_to}).fetchall()
        free = [row["number"] for row in rows if row["is_old"] and row["is_free"]]
        for first in range(0, len(free), SLICE):
            yield tuple(free[first : first + SLICE])
        if not any(row["is_old"] for row in rows):
            return
        after = rows[-1]["number"]


_LOOK: Mapping[Part, str] = {
    Part.DELIVERIES: """
        select
            number,
            created_at < :deliveries as is_old,
            state in ('succeeded', 'cancelled') and due_at < :deliveries
                or state = 'dead' and due_at < :dead_letters as is_free
        from deliveries where number > :after order by number limit :window
        """,
    # The newest stays: numbers must not begin anew.
    Part.EVENTS: """
        select
            number,
            received_at < :events as is_old,
            number < (select max(number) from events)
                and not exists (select 1 from undecided where event = events.number)
                and not exists (
                    select 1 from evaluations where event = events.number and reason = 'waiting'
                )
                and not exists (select 1 from deliveries where event = events.number) as is_free
        from events where number > :after order by number limit :window
        """,
    Part.EVALUATIONS: """
        select
            number,
            at < :events as is_old,
            reason <> 'waiting'
                and not exists (select 1 from events where number = evaluations.event) as is_free
        from evaluations where number > :after order by number limit :window
        """,
    # Taking up a rule set stays while anything before the next taking up does. The newest stays:
    # the sequence must not begin anew.
    Part.INPUTS: """
        select
            sequence as number,
            decided_at < :events as is_old,
            case kind
                when 'ruleset' then
                    'ruleset' = (
                        select kind from inputs as next
                        where next.sequence > inputs.sequence order by next.sequence limit 1
                    )
                else
                    sequence < (select max(sequence) from inputs)
                    and not exists (
                        select 1 from events where id = inputs.event_id and source = inputs.source
                    )
            end as is_free
        from inputs where sequence > :after order by sequence limit :window
        """,
    Part.REJECTIONS: """
        select number, received_at < :events as is_old, true as is_free
        from rejections where number > :after order by number limit :window
        """,
    Part.INCIDENTS: """
        select
            number,
            opened_at < :deliveries as is_old,
            resolved_at is not null and resolved_at < :deliveries as is_free
        from incidents where number > :after order by number limit :window
        """,
    Part.INCIDENT_EVENTS: """
        select
            number,
            at < :events as is_old,
            not exists (select 1 from incidents where id = incident_events.incident)
                or not exists (
                    select 1 from events
                    where id = incident_events.event_id and source = incident_events.source
                ) as is_free
        from incident_events where number > :after order by number limit :window
        """,
    Part.SILENCES: """
        select
            number,
            created_at < :events as is_old,
            coalesce(ended_at, expires_at) < :events as is_free
        from silences where number > :after order by number limit :window
        """,
}
"""What a window of rows is: whether each is old, and whether nothing else holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Remove these rows, but for what came to be needed since they were looked at. The result is
    how many are gone."""

    part: Part
    numbers: tuple[int, ...]
    limits: Limits

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        if self.part is Part.DELIVERIES:
            return _remove_deliveries(db, self.numbers, self.limits)
        return db.execute(_REMOVE[self.part], {"numbers": to_json(self.numbers)}).rowcount


_REMOVE: Mapping[Part, str] = {
    Part.EVENTS: """
        delete from events
        where number in (select value from json_each(:numbers))
            and not exists (select 1 from deliveries where event = events.number)
            and not exists (
                select 1 from evaluations where event = events.number and reason = 'waiting'
            )
        """,
    Part.EVALUATIONS: """
        delete from evaluations where number in (select value from json_each(:numbers))
        """,
    Part.INPUTS: """
        delete from inputs where sequence in (select value from json_each(:numbers))
        """,
    Part.REJECTIONS: """
        delete from rejections where number in (select value from json_each(:numbers))
        """,
    Part.INCIDENTS: """
        delete from incidents where number in (select value from json_each(:numbers))
        """,
    Part.INCIDENT_EVENTS: """
        delete from incident_events where number in (select value from json_each(:numbers))
        """,
    Part.SILENCES: """
        delete from silences where number in (select value from json_each(:numbers))
        """,
}


def _remove_deliveries(db: Connection, numbers: tuple[int, ...], up_to: Limits) -> int:
    """With their requests and attempts; one that was sent again meanwhile is not over."""
    rows = db.execute(
        """
        delete from deliveries
        where number in (select value from json_each(:numbers))
            and (
                state in ('succeeded', 'cancelled') and due_at < :deliveries
                or state = 'dead' and due_at < :dead_letters
            )
        returning number
        """,
        {**up_to, "numbers": to_json(numbers)},
    ).fetchall()
    gone = to_json([row["number"] for row in rows])
    db.execute("delete from requests where delivery in (select value from json_each(?))", (gone,))
    db.execute("delete from attempts where delivery in (select value from json_each(?))", (gone,))
    return len(rows)


@dataclass(frozen=True, slots=True)
class RemoveRulesets:
    """Remove the texts of rule sets that decided nothing of what is kept; says how many."""

    def apply(self, db: Connection) -> int:
        """Inside the writer's transaction."""
        return db.execute(
            """
            delete from rulesets where not exists (
                select 1 from inputs where kind = 'ruleset' and ruleset = rulesets.hash
            )
            """
        ).rowcount
