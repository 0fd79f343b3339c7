"""The rule file as plain data with positions, and the collector of what is wrong with it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reactor.model.problem import Place, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A single value by YAML 1.2's core rules. After interpolation a text that held variables
    says so: `written` is the text as the file has it, `variables` whether it held any reference,
    `secrets` the references in it that are `${file:}` or `${cred:}`, and `unresolved` whether a
    reference was left as it is (offline commands)."""

    place: Place
    value: str | int | float | bool | None
    written: str | None = None
    variables: bool = False
    secrets: tuple[str, ...] = ()
    unresolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """A list."""

    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A value of a mapping and the place of its key."""

    key_place: Place
    value: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A mapping, in the order of the file."""

    place: Place
    entries: Mapping[str, Entry]


Node = Scalar | Items | Table


def plain(node: Node) -> object:
    """The node as JSON-like data, without positions."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def kind_of(node: Node) -> str:
    """What a person calls this node: "a text", "a number", "true or false", "null", "a list"…"""
    if isinstance(node, Items):
        return "a list"
    if isinstance(node, Table):
        return "a mapping"
    if node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "true or false"
    return "a text" if isinstance(node.value, str) else "a number"


@dataclass(slots=True)
class Problems:
    """What is wrong so far. Parsers note a problem and go on, so that all are told at once."""

    found: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    rule: str | None = None

    def note(self, place: Place, message: str, hint: str | None = None) -> None:
        """Keep one mistake; `rule` is the rule that is being read."""
        self.found.append(Problem(place=place, message=message, rule=self.rule, hint=hint))

    def warn(self, place: Place, message: str, hint: str | None = None) -> None:
        """Keep something that is allowed and probably not meant."""
        self.warnings.append(Problem(place=place, message=message, rule=self.rule, hint=hint))


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint for a misspelt word: "did you mean 'throttle'?", or None if nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None
