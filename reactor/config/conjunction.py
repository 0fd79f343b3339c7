"""The fields of a condition and which of them hold together, with their places: for looking at what
a rule file asks. What is evaluated is the parsed condition."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from reactor.config.conditions import speaks_operators
from reactor.config.node import Entry, Items, Node, Table
from reactor.engine.selector import DottedPath, parse_path
from reactor.model.problem import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field and what is asked of it. `path` is the whole of it as a rule file writes it; `names`
    lead to it and stand at `places`. A JSONPath has no names."""

    path: str
    names: tuple[str, ...]
    places: tuple[Place, ...]
    value: Node

    @property
    def name(self) -> str:
        """The names joined by dots."""
        return ".".join(self.names)

    @property
    def alternatives(self) -> tuple[Node, ...]:
        """The values or operators of which one has to fit."""
        return self.value.items if isinstance(self.value, Items) else (self.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conjunction:
    """All `fields` must hold; `branches` are alternatives, of which some must; and nothing of what
    is `excluded` may."""

    fields: tuple[Field, ...] = ()
    branches: tuple["Conjunction", ...] = ()
    excluded: tuple["Conjunction", ...] = ()

    def everything(self) -> Iterator[Field]:
        """Every field, at any depth."""
        yield from self.fields
        for part in (*self.branches, *self.excluded):
            yield from part.everything()


def conjunction(node: Table, above: str = "", places: tuple[Place, ...] = ()) -> Conjunction:
    """What a condition without mistakes asks, with `all` blocks and nested maps laid flat. `above`
    is the path that the map is nested under, `places` where the names of that stand."""
    parts = [_part(key, entry, above, places) for key, entry in node.entries.items()]
    return _joined(parts)


def _part(key: str, entry: Entry, above: str, places: tuple[Place, ...]) -> Conjunction:
    if key != "$or" and (above or key not in ("any", "all", "not")):
        return _field(f"{above}.{key}" if above else key, entry, places)
    items = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
    inner = [conjunction(each, above, places) for each in items if isinstance(each, Table)]
    if key == "all":
        return _joined(inner)
    return (
        Conjunction(excluded=tuple(inner)) if key == "not" else Conjunction(branches=tuple(inner))
    )


def _field(text: str, entry: Entry, places: tuple[Place, ...]) -> Conjunction:
    path = parse_path(text)
    names = path.names if isinstance(path, DottedPath) else ()
    places += (entry.key_place,) * (len(names) - len(places))
    if isinstance(entry.value, Table) and not speaks_operators(entry.value):
        return conjunction(entry.value, text, places)
    return Conjunction(fields=(Field(path=text, names=names, places=places, value=entry.value),))


def _joined(parts: Sequence[Conjunction]) -> Conjunction:
    return Conjunction(
        fields=tuple(chain.from_iterable(part.fields for part in parts)),
        branches=tuple(chain.from_iterable(part.branches for part in parts)),
        excluded=tuple(chain.from_iterable(part.excluded for part in parts)),
    )
