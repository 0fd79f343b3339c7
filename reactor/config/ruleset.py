"""From a path to a rule set: read, fill in variables, parse, and tell everything that is wrong."""

import gc
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from reactor.config.actions import Context
from reactor.config.destinations import check_fallbacks
from reactor.config.document import Document, note_same_names, read_document, shown_name
from reactor.config.doubts import warn_of_doubts
from reactor.config.effective import effective_text, text_hash
from reactor.config.heartbeat import parse_heartbeat
from reactor.config.hub import check_source, parse_hub
from reactor.config.interpolate import Interpolator, Resolve
from reactor.config.intervals import parse_intervals
from reactor.config.keep import parse_keep
from reactor.config.node import Entry, Node, Problems, Scalar, Table
from reactor.config.rules import parse_rule
from reactor.config.settings import parse_destination, parse_source
from reactor.config.texts import Texts
from reactor.engine.evidence import wished
from reactor.model.errors import RulesInvalid
from reactor.model.hub import HubSpec
from reactor.model.problem import Problem
from reactor.model.protocols import ActionType, SourceType
from reactor.model.rule import Keep, Rule, Ruleset, SourceSpec
from reactor.model.secret import Vault

__all__ = ["Loaded", "Resolve", "load_ruleset"]

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A rule set, and what in its file is allowed but probably not meant."""

    ruleset: Ruleset
    warnings: tuple[Problem, ...]


def load_ruleset(
    path: Path,
    *,
    environment: Mapping[str, str],
    sources: Mapping[str, SourceType],
    actions: Mapping[str, ActionType],
    resolve: Resolve,
) -> Loaded:
    """The rules of a file or a directory. `sources` and `actions` are the types that exist.

    Raises RulesInvalid with every problem in order of its place. Reads the files that the rules
    name as secrets, and keeps their values in the rule set's vault.
    """
    with _without_collector():
        return _load(path, Interpolator(environment, Problems()), sources, actions, resolve)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Nothing that a load makes is garbage before its end, and looking for it in ever more objects
    took 40 % of the time of a load of 1,000 rules."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _load(
    path: Path,
    interpolator: Interpolator,
    sources: Mapping[str, SourceType],
    actions: Mapping[str, ActionType],
    resolve: Resolve,
) -> Loaded:
    problems = interpolator.problems
    document = read_document(path, problems)
    _fill_in(document, interpolator, lenient=resolve is Resolve.RULES)
    values: dict[str, str] = {}
    # Letters first: a mark must not look like a number to anything on its way.
    vault = Vault(f"ref{secrets.token_hex(8)}", values)
    intervals = parse_intervals(_table(document.intervals), problems)
    context = Context(
        problems=problems,
        texts=Texts(interpolator=interpolator, problems=problems, vault=vault, values=values),
        actions=actions,
        sources=_called(document.sources, sources) if document.whole else None,
        destinations=_types(document.destinations) if document.whole else None,
        intervals=intervals if document.whole else None,
    )
    ruleset = _parse(document, context, sources)
    if problems.found:
        raise RulesInvalid(_in_order(problems.found))
    return Loaded(ruleset, _in_order(problems.warnings))


def _fill_in(document: Document, interpolator: Interpolator, *, lenient: bool) -> None:
    """Put the values of variables into the document; offline, settings may lack some."""
    for section in (document.sources, document.destinations):
        for name, entry in section.items():
            value = interpolator.interpolate(entry.value, lenient=lenient)
            section[name] = replace(entry, value=value)
    for name, entry in document.intervals.items():
        document.intervals[name] = replace(entry, value=interpolator.interpolate(entry.value))
    if beat := document.heartbeat:
        value = interpolator.interpolate(beat.value, lenient=lenient)
        document.heartbeat = replace(beat, value=value)
    if keep := document.keep:
        value = interpolator.interpolate(keep.value, lenient=lenient)
        document.keep = replace(keep, value=value)
    if hub := document.hub:
        document.hub = replace(hub, value=interpolator.interpolate(hub.value, lenient=lenient))
    document.rules = [
        _within(node, interpolator.problems, interpolator.interpolate) for node in document.rules
    ]
    note_same_names(document.rules, interpolator.problems)


def _table(entries: Mapping[str, Entry]) -> Table | None:
    """What several files say together, at the place of the first."""
    first = next(iter(entries.values()), None)
    return Table(place=first.key_place, entries=entries) if first else None


def _within(node: Node, problems: Problems, work: Callable[[Node], _Result]) -> _Result:
    """Do something with a rule's node so that problems name the rule."""
    problems.rule = shown_name(node)
    result = work(node)
    problems.rule = None
    return result


def _called(entries: Mapping[str, Entry], types: Mapping[str, SourceType]) -> dict[str, bool]:
    """Whether each source takes calls back: it has an API, and where it names those that it allows
    there are some."""
    return {
        name: _is_called(types[type_], entries[name].value) if type_ in types else False
        for name, type_ in _types(entries).items()
    }


def _is_called(kind: SourceType, entry: Node) -> bool:
    is_open = "allow" not in kind.fields or (isinstance(entry, Table) and "allow" in entry.entries)
    return kind.api is not None and is_open


def _types(entries: Mapping[str, Entry]) -> dict[str, str]:
    """The type of each source or destination as it is written, empty where it is not a text."""
    found = {}
    for name, entry in entries.items():
        table = entry.value
        given = table.entries.get("type") if isinstance(table, Table) else None
        value = given.value.value if given and isinstance(given.value, Scalar) else None
        found[name] = value if isinstance(value, str) else ""
    return found


def _parse(document: Document, context: Context, source_types: Mapping[str, SourceType]) -> Ruleset:
    problems = context.problems
    sources = {
        name: parse_source(name, entry, source_types, problems)
        for name, entry in document.sources.items()
    }
    destinations = {
        name: parse_destination(name, entry, problems)
        for name, entry in document.destinations.items()
    }
    if document.whole:
        check_fallbacks(document.destinations, destinations, problems)
    beat = document.heartbeat
    heartbeat = parse_heartbeat(beat, problems) if beat else None
    keep = parse_keep(document.keep, problems) if document.keep else Keep()
    hub = _hub(document, problems)
    read = partial(parse_rule, context=context)
    found = [_within(node, problems, read) for node in document.rules]
    rules = tuple(rule for rule in found if rule)
    if not problems.found:
        _doubt(document, source_types, problems)
    text = "" if problems.found else effective_text(document, source_types, context.actions)
    return Ruleset(
        hash=text_hash(text),
        text=text,
        rules=rules,
        sources={
            name: _with_evidence(source, source_types[source.type], rules, context.actions)
            for name, source in sources.items()
            if source
        },
        destinations={name: each for name, each in destinations.items() if each},
        vault=context.texts.vault,
        heartbeat=heartbeat,
        keep=keep,
        hub=hub,
        intervals=context.intervals or {},
    )


def _hub(document: Document, problems: Problems) -> HubSpec | None:
    """What `hub` holds, with the source that it serves."""
    if document.hub is None:
        return None
    found = parse_hub(document.hub, problems)
    if found is None or not document.whole:
        return found
    return check_source(found, document.hub, _types(document.sources), problems)


def _with_evidence(
    source: SourceSpec,
    kind: SourceType,
    rules: Sequence[Rule],
    actions: Mapping[str, ActionType],
) -> SourceSpec:
    """The source with what the rules wish to see of it."""
    evidence = wished(kind.evidence, rules, actions, source=source.name)
    return replace(source, evidence=evidence)


def _doubt(document: Document, types: Mapping[str, SourceType], problems: Problems) -> None:
    """Warn of conditions that can never be true, in a document without mistakes."""
    shapes = {
        name: types[type_].shapes if type_ in types else ()
        for name, type_ in _types(document.sources).items()
    }
    doubt = partial(warn_of_doubts, sources=shapes, problems=problems)
    for node in document.rules:
        _within(node, problems, doubt)


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """By place, each once: what an alias repeats is wrong in one place only."""
    unique = dict.fromkeys(problems)
    return tuple(sorted(unique, key=lambda problem: (problem.place, problem.message)))
