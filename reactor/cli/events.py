"""`reactor events`: a live tail of the sources."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Annotated

import typer

from reactor.app import Sources
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
from reactor.sources.intake import Intake
from reactor.sources.supervise import SourceState, SourceStatus

STANDALONE = ("docker",)
"""Source types that need no settings, so `--source TYPE` alone says it all."""

LOOK_SECONDS = 0.5
"""How soon the end or the refusal of all sources is noticed."""

_OUT_OF_REACH = (SourceState.WAITING, SourceState.REFUSED)


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: any value within an option, all options together; empty means all."""

    types: frozenset[str]
    objects: frozenset[object]
    parents: frozenset[object]

    def shows(self, data: Mapping[str, object]) -> bool:
        """Whether the frame passes."""
        uri, parents = data.get("resource_uri"), data.get("parents")
        above = parents if isinstance(parents, list) else []
        return (
            (not self.types or data.get("type") in self.types)
            and (not self.objects or bool(_comparable([uri]) & self.objects))
            and (not self.parents or bool(_comparable(above) & self.parents))
        )


def events(
    *,
    rules: Annotated[Path | None, typer.Option("--rules", help="Rule file or directory.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", help="Of this source only; docker needs no rules.")
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
    shown = Filter(
        types=frozenset(_split(types)),
        objects=_comparable(_split(objects)),
        parents=_comparable(_split(parents)),
    )
    specs, intake, notices = _specs(rules, source), Intake(), SimpleQueue[str]()
    sources = Sources(intake, log=notices.put)
    sources.adopt(specs)
    try:
        with suppress(KeyboardInterrupt):  # the way to end it
            for arrival in _arrivals(sources, intake, notices):
                event = normalize(arrival, utc_now())
                if isinstance(event, Refusal):
                    talk(f"source {arrival.source}: refused a frame: {event.sentence}")
                elif shown.shows(event.data):
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
        yield from intake.take(100, LOOK_SECONDS)


def _split(values: list[str] | None) -> list[str]:
    return [part for value in values or () for part in value.split(",") if part]


def _comparable(uris: Iterable[object]) -> frozenset[object]:
    return frozenset(comparable_uri(uri) for uri in uris if isinstance(uri, str))


def _specs(rules: Path | None, source: str | None) -> list[SourceSpec]:
    """Which sources to show: one by name, one by type without a rule file, or all of the file."""
    if source in STANDALONE and rules is None:
        return [SourceSpec(name=source, type=source, options={}, place=Place("", 0, 0))]
    path = rules_path(rules, otherwise="see this machine's containers with --source docker")
    specs = read_rules(path, Resolve.ALL).sources
    if not specs:
        raise typer.BadParameter(f"{path} has no sources; name one with --source docker")
    if source is None:
        return list(specs.values())
    if source not in specs:
        raise typer.BadParameter(
            f"no source '{source}' in {path}; it has {', '.join(specs)}", param_hint="--source"
        )
    return [specs[source]]


def _is_over(statuses: list[SourceStatus]) -> bool:
    """Whether nothing can come any more. Raises SourceLost when no source can be had at all; one
    that was there and went away is waited for."""
    if all(status.state in _OUT_OF_REACH and not status.connections for status in statuses):
        raise SourceLost("; ".join(status.detail for status in statuses))
    return all(status.state is SourceState.ENDED for status in statuses)


def _told(event: Event) -> str:
    """An event for people: when, what, and the names if they are known."""
    fields = [str(event.data[name]) for name in ("type", "action", "state") if name in event.data]
    names = [
        f"{kind}={named['name']}"
        for kind in PLATFORM_OBJECTS
        if isinstance(named := event.facts.get(kind), Mapping) and "name" in named
    ]
    return "  ".join([format_time(event.time), " ".join(fields), *names, event.subject])
