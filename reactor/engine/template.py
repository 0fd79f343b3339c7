"""Templates: texts with values of an event in them (rules.md §4), compiled once, rendered often.

What came with an event is data: it is escaped for where it lands and never rendered again. Jinja
itself is in `jinja.py` and `grammar.py`, which are imported when the first text needs them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reactor.engine.filters import MAX_TEXT, json_of
from reactor.engine.selector import references_to
from reactor.model.errors import ReactorError, RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing

_MARKS = ("{{", "{%", "{#")
_HEADER = re.compile(r"[\t\x20-\x7e]*")

Render = Callable[[Mapping[str, object]], str]


class TemplateInvalid(ReactorError):
    """A text that is no template; the message says in which of its lines and why."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text and where it lands. `program` is None when nothing in the text is to be filled in.
    `references` are the fields of platform objects that it names."""

    source: str
    landing: Landing
    program: Render | None = field(default=None, repr=False, compare=False)
    references: frozenset[Reference] = field(default=frozenset(), repr=False, compare=False)

    def render(self, names: Mapping[str, object]) -> str:
        """The text with the values of `names`: JSON values, objects as dicts and lists as lists.

        Raises RenderFailed when a field is missing that a URL or a header needs, or when the text
        gets longer than 256 KiB.
        """
        if self.program is None:
            return self.source
        return _landed(self.program(names), self.landing)


def compile_template(text: str, landing: Landing) -> Template:
    """The template that `text` writes. Raises TemplateInvalid for what is not in the language."""
    if any(mark in text for mark in _MARKS):
        return _compiled(text, landing)
    try:
        return Template(_landed(text, landing), landing)
    except RenderFailed as error:
        raise TemplateInvalid(str(error)) from error


def _compiled(text: str, landing: Landing) -> Template:
    from reactor.engine.grammar import SyntaxRefused
    from reactor.engine.jinja import compile_program

    try:
        program, paths = compile_program(text, landing)
    except SyntaxRefused as error:
        raise TemplateInvalid(str(error)) from error
    return Template(text, landing, program, frozenset(_referred_to(paths)))


def _referred_to(paths: Iterable[tuple[object, ...]]) -> Iterator[Reference]:
    """The fields of platform objects that paths lead to, also as `event.facts.service.name`."""
    for path in paths:
        names = path[2:] if path[:2] == ("event", "facts") else path
        if names:
            yield from references_to(names)


def render_body(body: object, names: Mapping[str, object]) -> str:
    """The text of a body: of a template its text; of a mapping or a list, whose texts may be
    templates, JSON. Raises RenderFailed."""
    if isinstance(body, Template):
        return body.render(names)
    return _landed(json_of(_filled(body, names)), Landing.TEXT)


def _filled(body: object, names: Mapping[str, object]) -> object:
    if isinstance(body, Template):
        return body.render(names)
    if isinstance(body, Mapping):
        return {key: _filled(value, names) for key, value in body.items()}
    if isinstance(body, list | tuple):
        return [_filled(value, names) for value in body]
    return body


def references_in(value: object) -> Iterator[Reference]:
    """The fields of platform objects that templates name, in a body or other nested data."""
    if isinstance(value, Template):
        yield from value.references
    elif isinstance(value, Mapping):
        yield from references_in([*value.values()])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references_in(item)


def _landed(text: str, landing: Landing) -> str:
    """The text as it may be stored and sent. Raises RenderFailed."""
    if landing is Landing.HEADER and not _HEADER.fullmatch(text):
        raise RenderFailed("a header takes printable ASCII only")
    if text.isascii():
        size = len(text)
    else:
        encoded = text.encode(errors="replace")  # a lone surrogate cannot be sent: it becomes "?"
        text, size = encoded.decode(), len(encoded)
    if size > MAX_TEXT:
        raise RenderFailed("a text has at most 256 KiB")
    return text
