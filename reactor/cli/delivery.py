"""One delivery, whole: what it is, what it sends, and every attempt."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from reactor.cli.output import attempt_fields, data, delivery_fields, json_line
from reactor.duration import format_time
from reactor.journal.database import open_reader
from reactor.journal.deliveries import attempts_of, get
from reactor.model.delivery import Attempt, Delivery, State
from reactor.model.errors import ReactorError
from reactor.model.request import Timings
from reactor.model.secret import masked

_UNDONE = (State.PENDING, State.RETRYING)


def show(data_dir: Path, identity: str, *, as_json: bool) -> None:
    """Print it: with `as_json` the delivery on one line, then a line for each attempt that ended.
    Raises ReactorError when there is none of this id, JournalUnavailable."""
    with closing(open_reader(data_dir)) as reader:
        delivery = get(reader, identity)
        attempts = attempts_of(reader, identity)
    if delivery is None:
        raise ReactorError(
            f"there is no delivery '{identity}' in {data_dir}; `reactor deliveries` lists them"
        )
    for line in _json(delivery, attempts) if as_json else _text(delivery, attempts):
        data(line)


def _json(delivery: Delivery, attempts: list[Attempt]) -> Iterator[str]:
    yield json_line(delivery_fields(delivery))
    for attempt in attempts:
        yield json_line(attempt_fields(delivery, attempt) | attempt_details(attempt))


def attempt_details(attempt: Attempt) -> dict[str, object]:
    """What is known of an attempt beyond what `run --json` prints."""
    return {
        "action_uri": attempt.action_uri,
        "timings_ms": dict(_reached(attempt.timings)) if attempt.timings else None,
        "request": attempt.request,
        "response": attempt.response,
    }


def _reached(timings: Timings) -> Iterator[tuple[str, float]]:
    """Milliseconds from the beginning of the exchange to each point."""
    yield "dns", _milliseconds(timings.dns)
    yield "connect", _milliseconds(timings.connect)
    yield "tls", _milliseconds(timings.tls)
    yield "first_byte", _milliseconds(timings.first_byte)
    yield "total", _milliseconds(timings.total)


def _milliseconds(span: timedelta) -> float:
    return span / timedelta(milliseconds=1)


def _text(delivery: Delivery, attempts: list[Attempt]) -> Iterator[str]:
    for name, value in _about(delivery):
        yield from _entry(f"{name:<10}", value)
    for attempt in attempts:
        yield ""
        yield f"attempt {attempt.number}, {format_time(attempt.started_at)}: {attempt.detail}"
        for name, value in _how(attempt):
            yield from _entry(f"  {name:<8}", value)


def _entry(name: str, value: str) -> Iterator[str]:
    """A value of several lines goes on beneath itself."""
    for number, line in enumerate(value.splitlines()):
        yield f"{'' if number else name:<10}{line}"


def _about(delivery: Delivery) -> Iterator[tuple[str, str]]:
    request = delivery.request
    to = " ".join(filter(None, (delivery.destination, request.method, request.shown_url)))
    yield "delivery", delivery.id
    yield "state", f"{delivery.state} ({delivery.reason})" if delivery.reason else delivery.state
    yield "rule", f"{delivery.rule} → {delivery.action}"
    yield "event", f"{delivery.event_id} of {delivery.source}"
    yield "to", to
    yield "promised", format_time(delivery.created_at)
    if delivery.promised_at != delivery.created_at:
        yield "renewed", format_time(delivery.promised_at)
    if delivery.state in _UNDONE:
        yield "due", format_time(delivery.due_at)
    for name, parts in request.headers.items():
        yield "header", f"{name}: {masked(parts)}"
    if request.body:
        yield "body", masked(request.body)


def _how(attempt: Attempt) -> Iterator[tuple[str, str]]:
    yield "verdict", attempt.verdict
    yield "took", f"{_milliseconds(attempt.ended_at - attempt.started_at):.1f} ms"
    if attempt.timings:
        reached = [(name, spent) for name, spent in _reached(attempt.timings) if spent]
        yield "reached", ", ".join(f"{_SAID[name]} {spent:.1f} ms" for name, spent in reached)
    if attempt.action_uri:
        yield "became", attempt.action_uri
    if attempt.request:
        yield "sent", attempt.request
    if attempt.response:
        yield "answer", attempt.response


_SAID = {
    "dns": "DNS",
    "connect": "connected",
    "tls": "TLS",
    "first_byte": "first byte",
    "total": "end",
}
