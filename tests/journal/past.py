"""A journal as the pipeline and the dispatcher left it, at any time, for what retention does."""

from datetime import datetime, timedelta

from reactor.journal.batch import Batch
from reactor.journal.database import Connection
from reactor.journal.inputs import last_sequence
from reactor.journal.moves import Claim, Finish
from reactor.journal.rulesets import Adopt
from reactor.journal.silences import AddSilence
from reactor.model.delivery import Attempt, Move, State
from reactor.model.event import Event
from reactor.model.gates import Phase
from reactor.model.incident import Joined
from reactor.model.journal import Finished, Input
from reactor.model.match import Evaluation, Reason
from reactor.model.rule import Keep
from reactor.model.silence import StoredSilence
from tests.builders import NOON, a_delivery, an_event, replace

DAY = timedelta(days=1)
KEEP = Keep(events=30 * DAY, deliveries=90 * DAY, dead_letters=180 * DAY)
OLD, OLDER, ANCIENT = NOON - 31 * DAY, NOON - 91 * DAY, NOON - 181 * DAY


class Past:
    """Writes a journal as the pipeline and the dispatcher would have, at any time."""

    def __init__(self, db: Connection) -> None:
        self.db = db

    def adopt(self, name: str, at: datetime) -> None:
        """Rules of this name were taken up."""
        Adopt(
            sequence=last_sequence(self.db) + 1,
            at=at,
            ruleset=name,
            text=f"rules: {name}",
            marks=frozenset(),
            destinations=frozenset(["ops"]),
            rules=frozenset({("r", "log")}),
        ).apply(self.db)

    def event(
        self,
        name: str,
        at: datetime,
        *states: State,
        ruleset: str = "now",
        is_undecided: bool = False,
    ) -> None:
        """An event that fired a delivery for each state, or was throttled."""
        event = an_event(uuid=name, at=at)
        deliveries = tuple(
            a_delivery(id=f"{name}/{state}", event_id=name, created_at=at, due_at=at, state=state)
            for state in states
        )
        rows = [self.evaluation(event, Reason.FIRED, each.id) for each in deliveries]
        decided = () if is_undecided else (event,)
        Batch(
            events=(event,),
            accepted=(event,) if is_undecided else (),
            inputs=tuple(self.input(each, ruleset) for each in decided),
            evaluations=tuple(
                rows or [self.evaluation(each, Reason.THROTTLED) for each in decided]
            ),
            deliveries=deliveries,
        ).apply(self.db)

    def evaluation(self, event: Event, reason: Reason, delivery: str | None = None) -> Evaluation:
        """What became of an event when it was received."""
        return Evaluation(
            event_id=event.id,
            source=event.source,
            rule="r",
            action="log",
            reason=reason,
            at=event.received_at,
            key="[]",
            delivery_id=delivery,
        )

    def incident(
        self, name: str, opened: datetime, resolved: datetime | None = None, event: str = "event-1"
    ) -> None:
        """An incident that opened, or went on, and perhaps ended."""
        part = Joined(
            id=name,
            rule="r",
            key="[]",
            phase=Phase.OPENED,
            at=opened,
            since=opened,
            count=1,
            event_id=event,
            source="local",
        )
        end = replace(part, phase=Phase.RESOLVED, at=resolved)
        Batch(joined=(part, end) if resolved else (part,)).apply(self.db)

    def silence(self, name: str, at: datetime, until: datetime) -> None:
        """A silence that somebody made."""
        AddSilence(
            StoredSilence(
                id=name, text="a=1", author="", comment="", created_at=at, expires_at=until
            )
        ).apply(self.db)

    def input(self, event: Event, ruleset: str) -> Input:
        """The next input: an event that was decided when it was received."""
        return Input(
            sequence=last_sequence(self.db) + 1,
            decided_at=event.received_at,
            ruleset=ruleset,
            source=event.source,
            event_id=event.id,
        )

    def ended(self, name: str, at: datetime) -> None:
        """A delivery that was claimed and succeeded."""
        Claim(ids=(name,), at=at).apply(self.db)
        attempt = Attempt(
            delivery_id=name,
            number=1,
            started_at=at,
            ended_at=at,
            verdict="success",
            status=200,
            detail="200 OK",
        )
        Finish(results=(Finished(attempt=attempt, move=Move.SUCCEED),)).apply(self.db)


def rows(db: Connection, table: str, column: str = "id") -> list[object]:
    """What a column of a table holds, sorted."""
    return [row[0] for row in db.execute(f"select {column} from {table} order by 1")]  # noqa: S608
