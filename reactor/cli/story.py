"""The lines that `run` writes: each firing, delivery and hold-back, as it happens."""

from collections.abc import Callable
from datetime import datetime

from reactor.cli.output import attempt_fields, evaluation_fields, group_text, json_line
from reactor.delivery.retry import Decision
from reactor.engine.normalize import Refusal
from reactor.model.delivery import Attempt, Delivery, Move
from reactor.model.event import Event
from reactor.model.lookup import NOT_ASKED
from reactor.model.match import Evaluation, Reason
from reactor.model.quarantine import Quarantined
from reactor.model.request import LogLine
from reactor.observe.log import Printer, Seldom
from reactor.observe.notices import Log
from reactor.road import Observers
from reactor.sources.supervise import SourceStatus
from reactor.transaction import Committed


class Story:
    """Tells what happens: firings, deliveries and hold-backs to `out`, the rest to the log."""

    def __init__(
        self,
        *,
        out: Printer,
        log: Log,
        now: Callable[[], datetime],
        as_json: bool = False,
    ) -> None:
        self._out, self._log, self._now, self._as_json = out, log, now, as_json
        self._seldom = Seldom()

    def observers(
        self, *, on_refused: Callable[[SourceStatus], None], on_failure: Callable[[str], None]
    ) -> Observers:
        """What the service reports to."""
        return Observers(
            on_commit=self.committed,
            on_attempt=self.attempted,
            on_line=self.logged,
            on_notice=self.notice,
            on_warning=self.warn,
            on_refused=on_refused,
            on_failure=on_failure,
        )

    def committed(self, committed: Committed) -> None:
        """What a batch decided, also of what had been waiting, and which frames were refused."""
        for row in committed.rows:
            if self._as_json:
                self._out.line(json_line(evaluation_fields(row)))
            else:
                self._out.line(f"{clock(row.settled_at or row.at)}  {evaluated(row)}")
        for text in committed.notices:
            self.warn(text)
        for event, rules in committed.undecided:
            for rule in rules:
                self._warn_seldom(
                    f"{event.source} lookup_failed {rule}",
                    f"source {event.source}: rule '{rule}' does not fire for event {event.id}, "
                    f"what it asks for is not known (lookup_failed): {lookups_failed(event)}",
                )
        for each in committed.quarantined:
            self._warn_seldom(f"quarantined {each.poison.rule}", put_aside(each))
        for rejection in committed.rejections:
            self._warn_seldom(
                f"{rejection.source} {rejection.reason}",
                f"source {rejection.source}: refused a frame, "
                f"{Refusal(rejection.reason).sentence}: {rejection.excerpt[:80]}",
            )

    def _warn_seldom(self, kind: str, text: str) -> None:
        """A warning that may come a thousand times a second."""
        kept_back = self._seldom.allow(kind, self._now())
        if kept_back is not None:
            more = f" ({kept_back} more since the last such line)" if kept_back else ""
            self.warn(text + more)

    def attempted(self, delivery: Delivery, attempt: Attempt, decision: Decision) -> None:
        """How an attempt ended, all of it on one line."""
        if self._as_json:
            self._out.line(json_line(attempt_fields(delivery, attempt)))
        else:
            self._out.line(f"{clock(attempt.ended_at)}  {delivered(delivery, attempt, decision)}")

    def logged(self, line: LogLine) -> None:
        """A `log` action."""
        levels = {
            "debug": self._log.debug,
            "info": self._log.info,
            "warning": self._log.warning,
            "error": self._log.error,
        }
        levels[line.level](line.text, kind="log")

    def notice(self, text: str) -> None:
        """Something about reactor itself."""
        self._log.info(text)

    def warn(self, text: str) -> None:
        """Something about reactor itself that is not in order."""
        self._log.warning(text)

    def fail(self, text: str) -> None:
        """Something that ends us."""
        self._log.error(text)


def put_aside(each: Quarantined) -> str:
    """Why an event is in quarantine, and where there is more about it."""
    return (
        f"event {each.event_id} of {each.source} is in quarantine, {each.poison.sentence}; "
        f"see `reactor quarantine show {each.event_id}`"
    )


def lookups_failed(event: Event) -> str:
    """The objects that could not be had, and why: "container: 503 Service Unavailable"."""
    return "; ".join(f"{kind}: {why}" for kind, why in event.unknown.items() if why != NOT_ASKED)


def clock(moment: datetime) -> str:
    """The time of day, UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds")[11:23]


def evaluated(row: Evaluation) -> str:
    """A firing or a hold-back in words."""
    group = f" for {text}" if (text := group_text(row.key)) else ""
    event = f"event {row.event_id}" if row.event_id else "no event"
    since = f", waited since {clock(row.at)}" if row.settled_at else ""
    if row.reason is Reason.FIRED:
        return f"fired      {row.rule} → {row.action}{group}  ({event}{since})"
    return f"held back  {row.rule} → {row.action}{group}: {row.reason}  ({event}{since})"


def delivered(delivery: Delivery, attempt: Attempt, decision: Decision) -> str:
    """An attempt in words."""
    to = delivery.destination or delivery.request.shown_url or delivery.type
    took = f"{(attempt.ended_at - attempt.started_at).total_seconds() * 1000:.1f} ms"
    name = f"{delivery.rule} → {delivery.action} to {to}"
    if decision.move is Move.SUCCEED:
        return f"delivered  {name}: {attempt.detail} in {took}  (delivery {delivery.id})"
    if decision.move is Move.RETRY and decision.due_at is not None:
        again = max((decision.due_at - attempt.ended_at).total_seconds(), 0)
        return (
            f"failed     {name}: {attempt.detail}; attempt {attempt.number}, again in {again:.1f} s"
            f"  (delivery {delivery.id})"
        )
    return f"buried     {name}: {decision.reason}  (delivery {delivery.id})"
