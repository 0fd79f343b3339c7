"""The table `rulesets`: every rule set that decided something, and what taking one up does."""

from dataclasses import dataclass, field
from datetime import datetime

from reactor.duration import to_micros
from reactor.journal.database import Connection
from reactor.journal.evaluations import expire_others, settle
from reactor.journal.incidents import resolve_forgotten
from reactor.journal.inputs import insert_adoption
from reactor.journal.lanes import forget_pauses
from reactor.journal.memory import forget_others, save
from reactor.journal.moves import bury_removed
from reactor.model.journal import Adopted, GateMark, InputKind
from reactor.model.match import Settlement
from reactor.model.memory import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Take up a rule set, at start and at reload (rules.md §3, Reload).

    Memory of gates that are not among `marks` is forgotten, and `memory` and `settlements` are what
    was decided of that. What waits of an action that is not among `rules`, each a rule and an
    action that is on, is expired, and an incident that no memory has is over. Waiting deliveries to
    a destination that is not among `destinations` become dead. `text` has references in place of
    secrets.
    """

    sequence: int
    at: datetime
    ruleset: str
    text: str
    marks: frozenset[GateMark]
    destinations: frozenset[str]
    rules: frozenset[tuple[str, str]]
    settlements: tuple[Settlement, ...] = ()
    memory: Changes = field(default_factory=dict)

    def apply(self, db: Connection) -> Adopted:
        """Inside the writer's transaction."""
        insert_adoption(db, self.sequence, self.at, self.ruleset)
        db.execute(
            "insert or ignore into rulesets (hash, text, first_at) values (?, ?, ?)",
            (self.ruleset, self.text, to_micros(self.at)),
        )
        forgotten = forget_others(db, self.marks)
        save(db, self.memory)
        settle(db, self.settlements)
        expire_others(db, self.rules, self.at)
        resolve_forgotten(db, self.at)
        buried = bury_removed(db, self.destinations)
        forget_pauses(db)
        return Adopted(forgotten=forgotten, buried=buried)


def text_behind(db: Connection, event_id: str, source: str) -> str | None:
    """The text of the rules that decided an event, None if none have. Blocks for a scan back
    through the inputs."""
    row = db.execute(
        """
        select text from inputs join rulesets on rulesets.hash = inputs.ruleset
        where kind = ? and event_id = ? and source = ? order by sequence desc limit 1
        """,
        (InputKind.EVENT, event_id, source),
    ).fetchone()
    return None if row is None else str(row["text"])
