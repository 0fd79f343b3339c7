"""`reactor replay`: events from a file through the rules on a virtual clock."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, BinaryIO

import typer

from reactor.cli.output import (
    data,
    delivery_fields,
    delivery_text,
    evaluation_fields,
    evaluation_text,
    json_line,
    talk,
)
from reactor.cli.places import read_rules, rules_path
from reactor.cli.recording import Recording
from reactor.cli.story import delivered
from reactor.config.ruleset import Resolve
from reactor.duration import parse_duration, parse_time
from reactor.journal.summary import counts
from reactor.model.delivery import State
from reactor.model.errors import ReactorError
from reactor.model.event import Arrival
from reactor.model.rule import Ruleset
from reactor.model.signal import DeliveryEnded
from reactor.pipeline import MAX_BATCH
from reactor.road import UNOBSERVED, Road, deliver_all
from reactor.running import ignore
from reactor.transaction import Committed, Surroundings

OBSERVERS = replace(UNOBSERVED, on_notice=talk, on_attempt=lambda *ended: talk(delivered(*ended)))
"""Who is told while events are replayed: only trouble, and with --send every attempt."""


@dataclass(slots=True)
class Tally:
    """What a replay came to."""

    events: int = 0
    duplicates: int = 0
    bad: int = 0
    matched: int = 0
    planned: int = 0
    dead: int = 0
    quarantined: int = 0

    def leave_out(self, path: Path, number: int, why: str) -> None:
        """A line is no event."""
        self.bad += 1
        talk(f"{path}:{number}: {why}")

    def __str__(self) -> str:
        bad = f", {self.bad} bad lines left out" if self.bad else ""
        dead = f" ({self.dead} dead)" if self.dead else ""
        again = f", {self.duplicates} seen before" if self.duplicates else ""
        sent = f"{self.planned} deliveries{dead}"
        poison = f", {self.quarantined} events not decided" if self.quarantined else ""
        return f"{self.events} events{again}, {self.matched} evaluations, {sent}{bad}{poison}"


def replay(
    events: Annotated[Path, typer.Argument(help="Frames, one JSON object a line; - is stdin.")],
    *,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")] = None,
    deliveries: Annotated[
        bool, typer.Option("--deliveries", help="Also print the planned deliveries.")
    ] = False,
    source: Annotated[
        str, typer.Option("--source", help="The source that lines come from by name.")
    ] = "replay",
    wait: Annotated[
        str | None, typer.Option("--wait", help="Let this much time pass after the last line.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Let time pass until then (RFC 3339).")
    ] = None,
    send: Annotated[bool, typer.Option("--send", help="Really send what is planned.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object a line.")] = False,
) -> None:
    """Decide recorded events as `run` would, on a virtual clock.

    What matched is printed, and what waits once more when it is settled. A line is a frame, or
    {"at": TIME, "event": FRAME, "facts": {...}}. Deliveries count as made at once.

    Example:  reactor replay events.jsonl --rules rules.example.yaml --deliveries
    """
    span, end = _times(wait, until)
    ruleset = read_rules(rules_path(rules), Resolve.ALL if send else Resolve.RULES)
    tally = Tally()
    leave_out = partial(tally.leave_out, events)
    with TemporaryDirectory(prefix="reactor-replay-") as folder, _opened(events) as lines:
        recording = Recording(lines, path=str(events), source=source, on_bad=leave_out)
        arrivals = iter(recording)
        first = list(islice(arrivals, 1))  # from its time on the rules are there
        with Road(
            Path(folder),
            ruleset,
            what="reactor replay",
            observers=OBSERVERS,
            around=Surroundings(now=lambda: recording.now, on_commit=ignore),
        ) as road:
            decided = _decided(road, chain(first, arrivals), _most(ruleset))
            for committed in chain(decided, _passed(road, recording, span, end)):
                _show(committed, tally, as_json=as_json, planned=deliveries)
            if send:
                tally.dead = _send(road, ruleset)
    talk(str(tally))
    if tally.bad or tally.dead or tally.quarantined:
        raise typer.Exit(1)


def _most(ruleset: Ruleset) -> int:
    """How many lines are decided together: with `mode` the next one hangs on the deliveries of the
    one before."""
    owners = [(rule.gates, *(action.gates for action in rule.actions)) for rule in ruleset.rules]
    return 1 if any(gates.mode for gates in chain(*owners)) else MAX_BATCH


def _decided(road: Road, arrivals: Iterator[Arrival], most: int) -> Iterator[Committed]:
    """What became of the events, batch by batch."""
    while batch := list(islice(arrivals, most)):
        yield from _made(road, road.pipeline.receive(batch))


def _passed(
    road: Road, recording: Recording, span: timedelta, end: datetime | None
) -> Iterator[Committed]:
    """What comes due by time alone after the last line."""
    recording.now = max(recording.now + span, end or recording.now)
    yield from _made(road, road.pipeline.pass_time(recording.now))


def _made(road: Road, committed: Committed) -> Iterator[Committed]:
    """The transaction, and what follows from its deliveries being made."""
    yield committed
    while committed.deliveries:
        ended = [DeliveryEnded(each.id, each.source) for each in committed.deliveries]
        committed = road.pipeline.receive(ended)
        yield committed


def _send(road: Road, ruleset: Ruleset) -> int:
    """Make every delivery; how many of them ended dead."""
    deliver_all(road, ruleset, OBSERVERS)
    with closing(road.reader()) as reader:
        return counts(reader).deliveries.get(State.DEAD, 0)


def _times(wait: str | None, until: str | None) -> tuple[timedelta, datetime | None]:
    """How long, and until when, time passes after the last line. Raises BadParameter."""
    span = timedelta() if wait is None else parse_duration(wait)
    end = None if until is None else parse_time(until)
    if span is None:
        raise typer.BadParameter(f"'{wait}' is no duration such as 10m", param_hint="--wait")
    if until is not None and end is None:
        raise typer.BadParameter(f"'{until}' is no RFC 3339 time", param_hint="--until")
    return span, end


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as lines:
            yield lines
    except BrokenPipeError:  # not the file's: who reads our output left
        raise
    except OSError as fault:
        raise ReactorError(f"{path} cannot be read: {fault.strerror}") from fault


def _show(committed: Committed, tally: Tally, *, as_json: bool, planned: bool) -> None:
    """Each evaluation, again when it is settled, and behind a firing what it will send."""
    promised = {delivery.id: delivery for delivery in committed.deliveries}
    tally.events += len(committed.events)
    tally.duplicates += sum(committed.duplicates.values())
    tally.matched += len(committed.evaluations)
    tally.planned += len(promised)
    tally.quarantined += len(committed.quarantined)
    for each in committed.quarantined:
        talk(f"event {each.event_id} cannot be decided, {each.poison.sentence}")
    for text in committed.notices:
        talk(text)
    for row in committed.rows:
        data(json_line(evaluation_fields(row)) if as_json else evaluation_text(row))
        delivery = promised.get(row.delivery_id or "")
        if planned and delivery:
            data(json_line(delivery_fields(delivery)) if as_json else delivery_text(delivery))
