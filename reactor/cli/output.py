"""How commands print: data to stdout, talk to stderr, one JSON object a line with `--json`."""

import sys
from collections.abc import Mapping

import msgspec

from reactor.duration import format_time
from reactor.model.delivery import Attempt, Delivery
from reactor.model.match import Evaluation
from reactor.model.quarantine import Quarantined
from reactor.model.secret import masked
from reactor.observe.log import printable, printable_json

_encode = msgspec.json.Encoder().encode
_decode_group = msgspec.json.Decoder(list[object]).decode


def data(text: str, *, now: bool = False) -> None:
    """A line of what the command was asked for; `now` when somebody waits for it."""
    sys.stdout.write(printable(text) + "\n")
    if now:
        sys.stdout.flush()


def talk(text: str) -> None:
    """A line about how it goes."""
    sys.stderr.write(printable(text) + "\n")


def counted(number: int, noun: str) -> str:
    """A count with its noun: "1 rule", "2 rules"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def json_line(fields: Mapping[str, object]) -> str:
    """One JSON object on one line."""
    return printable_json(_encode(fields).decode())


def evaluation_fields(row: Evaluation) -> dict[str, object]:
    """An evaluation as `--json` prints it (rules.md §6): without an event, what a timer fired."""
    return {
        "kind": "evaluation",
        "event_id": row.event_id or None,
        "source": row.source or None,
        "rule": row.rule,
        "action": row.action,
        "reason": row.reason,
        "at": format_time(row.at),
        "settled_at": format_time(row.settled_at) if row.settled_at else None,
        "group": _group(row.key),
        "delivery_id": row.delivery_id,
        "gates": row.gates,
    }


def _group(key: str) -> object:
    """The group as templates see it: null without `group_by`, one path's value, or a list."""
    values = _decode_group(key)
    return values[0] if len(values) == 1 else values or None


def group_text(key: str) -> str:
    """The group for people: `web`, or `web, 7`; empty without `group_by`."""
    return ", ".join(
        value if isinstance(value, str) else _encode(value).decode() for value in _decode_group(key)
    )


def delivery_fields(delivery: Delivery) -> dict[str, object]:
    """A delivery as `--json` prints it (rules.md §6): no URL beyond its host, no secret."""
    return {
        "kind": "delivery",
        "id": delivery.id,
        "event_id": delivery.event_id or None,
        "source": delivery.source,
        "rule": delivery.rule,
        "action": delivery.action,
        "type": delivery.type,
        "state": delivery.state,
        "reason": delivery.reason,
        "destination": delivery.destination,
        "attempts": delivery.attempts,
        "due_at": format_time(delivery.due_at),
        "created_at": format_time(delivery.created_at),
        "request": {
            "method": delivery.request.method,
            "url": delivery.request.shown_url,
            "headers": {name: masked(value) for name, value in delivery.request.headers.items()},
            "body": masked(delivery.request.body),
        },
    }


def attempt_fields(delivery: Delivery, attempt: Attempt) -> dict[str, object]:
    """An attempt as `run --json` prints it."""
    return {
        "kind": "attempt",
        "delivery_id": delivery.id,
        "rule": delivery.rule,
        "action": delivery.action,
        "destination": delivery.destination,
        "number": attempt.number,
        "verdict": attempt.verdict,
        "status": attempt.status,
        "detail": attempt.detail,
        "started_at": format_time(attempt.started_at),
        "ended_at": format_time(attempt.ended_at),
    }


def quarantined_fields(row: Quarantined) -> dict[str, object]:
    """An event in quarantine as `--json` prints it, without what it is."""
    return {
        "kind": "quarantined",
        "event_id": row.event_id,
        "source": row.source,
        "at": format_time(row.at),
        "rule": row.poison.rule,
        "why": row.poison.why,
    }


def evaluation_text(row: Evaluation) -> str:
    """An evaluation for people."""
    group = f"  for {text}" if (text := group_text(row.key)) else ""
    verb = "fired" if row.reason == "fired" else f"held back ({row.reason})"
    since = f", waited since {format_time(row.at)}" if row.settled_at else ""
    event = f"event {row.event_id}" if row.event_id else "no event"
    at = format_time(row.settled_at or row.at)
    return f"{at}  {row.rule} → {row.action}: {verb}{since}{group}  {event}"


def delivery_text(delivery: Delivery) -> str:
    """A delivery for people."""
    to = delivery.destination or delivery.request.shown_url or delivery.type
    why = f" ({delivery.reason})" if delivery.reason else ""
    tries = "1 attempt" if delivery.attempts == 1 else f"{delivery.attempts} attempts"
    return (
        f"{format_time(delivery.created_at)}  {delivery.id}  {delivery.state}{why}  "
        f"{delivery.rule} → {delivery.action} to {to}, {tries}"
    )
