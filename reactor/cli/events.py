"""`reactor events`: a live tail of the sources."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer

from reactor.cli.output import data, json_line, talk
from reactor.cli.places import read_rules, rules_path
from reactor.clock import utc_now
from reactor.config.ruleset import Resolve
from reactor.duration import format_time
from reactor.engine.normalize import Refusal, normalize
from reactor.model.errors import SourceLost
from reactor.model.event import PLATFORM_OBJECTS, Arrival, Event
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.model.uri import comparable_uri
from reactor.platforms.cloud import Filter
from reactor.running import Sources
from reactor.sources import SOURCES
from reactor.sources.intake import Intake
from reactor.sources.supervise import SourceState, SourceStatus

STANDALONE = ("docker", "dockercloud")
"""Source types that need no settings, so `--source TYPE` alone says it all."""

LOOK_SECONDS = 0.5
"""How soon the end or the refusal of all sources is noticed."""

_FILTERED = ("type", "resource_uri", "parents")


def events(
    *,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Of this one only; docker and dockercloud need no rules."),
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", help="Of this type: container, service, …")
    ] = None,
    objects: Annotated[
        list[str] | None, typer.Option("--object", help="With this resource_uri.")
    ] = None,
    parents: Annotated[list[str] | None, typer.Option("--parent", help="Under this URI.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The frames as they are.")] = False,
) -> None:
    """Show events as they come in, one a line, until Ctrl-C.

    Options may be repeated or comma-joined.

    Example:  reactor events --source docker --type container
    """
    asked = {"type": _split(types), "object": _split(objects), "parent": _split(parents)}
    shown = Filter(
        types=frozenset(asked["type"]),
        objects=frozenset(map(comparable_uri, asked["object"])),
        parents=frozenset(map(comparable_uri, asked["parent"])),
    )
    specs, intake, notices = _specs(rules, source, asked), Intake(), SimpleQueue[str]()
    sources = Sources(intake, log=notices.put)
    sources.adopt(specs)
    try:
        with suppress(KeyboardInterrupt):  # the way to end it
            for arrival in _arrivals(sources, intake, notices):
                event = normalize(arrival, utc_now())
                if isinstance(event, Refusal):
                    talk(f"source {arrival.source}: refused a frame: {event.sentence}")
                elif shown.passes(*(event.data.get(name) for name in _FILTERED)):
                    data(json_line(event.data) if as_json else _told(event), now=True)
    finally:
        intake.close()
        sources.stop()


def _arrivals(sources: Sources, intake: Intake, notices: "SimpleQueue[str]") -> Iterator[Arrival]:
    """What comes in until nothing can come any more; what the sources say is told meanwhile."""
    while True:
        # Taken before the look at the sources: what ends us is told by the error, not also here.
        said = [notices.get() for _ in range(notices.qsize())]
        is_over = _is_over(sources.statuses())
        for line in said:
            talk(line)
        if is_over and not len(intake):
            return
        items = intake.take(100, LOOK_SECONDS) or []
        yield from (item for item in items if isinstance(item, Arrival))


def _split(values: list[str] | None) -> tuple[str, ...]:
    parts = (part.strip() for value in values or () for part in value.split(","))
    return tuple(part for part in parts if part)


def _specs(
    rules: Path | None, source: str | None, asked: Mapping[str, tuple[str, ...]]
) -> list[SourceSpec]:
    """Which sources to show: one by name, one by type without a rule file, or all of the file."""
    if source in STANDALONE and rules is None:
        options = {"filter": asked} if "filter" in SOURCES[source].fields else {}
        return [SourceSpec(name=source, type=source, options=options, place=Place("", 0, 0))]
    path = rules_path(rules, otherwise="see this machine's containers with --source docker")
    specs = read_rules(path, Resolve.ALL).sources
    if not specs:
        raise typer.BadParameter(f"{path} has no sources; name one with --source docker")
    if source is not None and source not in specs:
        raise typer.BadParameter(
            f"no source '{source}' in {path}; it has {', '.join(specs)}", param_hint="--source"
        )
    wanted = specs.values() if source is None else [specs[source]]
    shown = [spec for spec in wanted if spec.type != "webhook"]
    if not shown:
        raise typer.BadParameter("what is posted to a webhook, only `reactor run` is told")
    return shown


def _is_over(statuses: list[SourceStatus]) -> bool:
    """Whether nothing can come any more. Raises SourceLost when no source can be had at all; one
    that was there and went away is waited for, unless it refuses us now."""
    if all(_is_out_of_reach(status) for status in statuses):
        raise SourceLost("; ".join(status.detail for status in statuses))
    return all(status.state is SourceState.ENDED for status in statuses)


def _is_out_of_reach(status: SourceStatus) -> bool:
    never_there = status.state is SourceState.WAITING and not status.connections
    return never_there or status.state is SourceState.REFUSED


def _told(event: Event) -> str:
    """An event for people: when, what, and the names if they are known."""
    fields = [str(event.data[name]) for name in ("type", "action", "state") if name in event.data]
    names = [
        f"{kind}={named['name']}"
        for kind in PLATFORM_OBJECTS
        if isinstance(named := event.facts.get(kind), Mapping) and "name" in named
    ]
    return "  ".join([format_time(event.time), " ".join(fields), *names, event.subject])
