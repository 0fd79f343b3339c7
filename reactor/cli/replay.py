"""`reactor replay`: events from a file through the rules on a virtual clock."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
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
from reactor.model.rule import Ruleset
from reactor.pipeline import MAX_BATCH, Committed, Surroundings
from reactor.road import UNOBSERVED, Road, deliver_all
from reactor.running import ignore

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

    What matched is printed. A line is a frame, or {"at": TIME, "event": FRAME, "facts": {...}}.

    Example:  reactor replay events.jsonl --rules rules.example.yaml --deliveries
    """
    _refuse_bad_times(wait, until)
    ruleset = read_rules(rules_path(rules), Resolve.ALL if send else Resolve.RULES)
    tally = Tally()

    def bad(number: int, why: str) -> None:
        tally.bad += 1
        talk(f"{events}:{number}: {why}")

    with TemporaryDirectory(prefix="reactor-replay-") as folder, _opened(events) as lines:
        recording = Recording(lines, path=str(events), source=source, on_bad=bad)
        with Road(
            Path(folder),
            ruleset,
            what="reactor replay",
            observers=OBSERVERS,
            around=Surroundings(now=lambda: recording.now, on_commit=ignore),
        ) as road:
            for committed in _decided(road, recording):
                _show(committed, tally, as_json=as_json, planned=deliveries)
            if send:
                tally.dead = _send(road, ruleset)
    talk(str(tally))
    if tally.bad or tally.dead or tally.quarantined:
        raise typer.Exit(1)


def _decided(road: Road, recording: Recording) -> Iterator[Committed]:
    """What became of the events, batch by batch."""
    arrivals = iter(recording)
    while batch := list(islice(arrivals, MAX_BATCH)):
        yield road.pipeline.receive(batch)


def _send(road: Road, ruleset: Ruleset) -> int:
    """Make every delivery; how many of them ended dead."""
    deliver_all(road, ruleset, OBSERVERS)
    with closing(road.reader()) as reader:
        return counts(reader).deliveries.get(State.DEAD, 0)


def _refuse_bad_times(wait: str | None, until: str | None) -> None:
    """No rule of today can come due by time alone, so both only have to make sense."""
    if wait is not None and parse_duration(wait) is None:
        raise typer.BadParameter(f"'{wait}' is no duration such as 10m", param_hint="--wait")
    if until is not None and parse_time(until) is None:
        raise typer.BadParameter(f"'{until}' is no RFC 3339 time", param_hint="--until")


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
    """Each evaluation, and behind those that fired what they will send."""
    promised = {delivery.id: delivery for delivery in committed.deliveries}
    tally.events += len(committed.events)
    tally.duplicates += sum(committed.duplicates.values())
    tally.matched += len(committed.evaluations)
    tally.planned += len(promised)
    tally.quarantined += len(committed.quarantined)
    for each in committed.quarantined:
        talk(f"event {each.event_id} cannot be decided, {each.poison.sentence}")
    for row in committed.evaluations:
        data(json_line(evaluation_fields(row)) if as_json else evaluation_text(row))
        delivery = promised.get(row.delivery_id or "")
        if planned and delivery:
            data(json_line(delivery_fields(delivery)) if as_json else delivery_text(delivery))
