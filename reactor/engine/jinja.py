"""How Jinja renders our templates (rules.md §4): imported when the first text needs it.

The sandbox stops escapes but not cost, so what a template may consist of is checked first, in
`grammar.py`. Values are looked up as keys of objects only, never as Python attributes.
"""

import operator
from collections.abc import Callable, Mapping
from functools import cache, partial

from jinja2 import Template, TemplateSyntaxError, Undefined, nodes
from jinja2.sandbox import SandboxedEnvironment

from reactor.engine.filters import FILTERS, MAX_TEXT, Encoded, percent_encoded, text_of
from reactor.engine.grammar import COMPARABLE, FIRST_ELEMENTS, FieldPath, Grammar, SyntaxRefused
from reactor.engine.operators import same
from reactor.engine.selector import MISSING
from reactor.model.errors import RenderFailed
from reactor.model.protocols import Landing

MAX_ELEMENTS = 1000
UNKNOWN = "(unknown)"


class Missing(Undefined):
    """What stands for a field that is not there."""

    __slots__ = ()

    @property
    def path(self) -> str | None:
        """The field, as the template writes it."""
        return self._undefined_name


Program = Callable[[Mapping[str, object]], str]
"""From the values of names to the text. Raises RenderFailed."""


def compile_program(text: str, landing: Landing) -> tuple[Program, frozenset[FieldPath]]:
    """What renders `text`, and the paths of values that it uses. Raises SyntaxRefused."""
    environment = _environment(landing)
    grammar = Grammar({name: environment.filters[name] for name in ("default", *FILTERS)})
    try:
        tree = grammar.checked(environment.parse(text))
    except TemplateSyntaxError as error:
        raise SyntaxRefused(f"line {error.lineno}: {error.message}") from error
    except (RecursionError, ValueError) as error:  # the parser recurses; digits have a limit
        raise SyntaxRefused("the template is nested too deeply or a number too long") from error
    tree.set_environment(environment)
    # At the first render, because it is four fifths of the work: 0.3 s for 1,000 rules.
    template = cache(lambda: _Generated(environment, tree))
    return lambda names: template().render(names), frozenset(grammar.paths)


class _Generated:
    """A template, ready to render. Not for several threads.

    It does what Template.render does, but stops in time, and has one context for all renders: our
    grammar has nothing that would write into it, and making one, with a copy of all names, takes
    longer than a render.
    """

    def __init__(self, environment: "_Environment", tree: nodes.Template) -> None:
        template: Template = environment.from_string(tree)
        self._render = template.root_render_func
        self._context = template.new_context({}, shared=True)

    def render(self, names: Mapping[str, object]) -> str:
        self._context.parent = names if isinstance(names, dict) else dict(names)
        pieces, size = [], 0
        for piece in self._render(self._context):
            pieces.append(piece)
            size += len(piece)
            if size > MAX_TEXT:
                raise RenderFailed("a text has at most 256 KiB")
        return "".join(pieces)


@cache
def _environment(landing: Landing) -> "_Environment":
    return _Environment(_SHOW[landing])


def _show_text(value: object) -> str:
    return UNKNOWN if isinstance(value, Missing) else text_of(value)


def _show_slack(value: object) -> str:
    # https://api.slack.com/reference/surfaces/formatting#escaping
    return _show_text(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _show_url(value: object) -> str:
    return value if isinstance(value, Encoded) else percent_encoded(_show_known(value))


def _show_known(value: object) -> str:
    if isinstance(value, Missing):
        raise RenderFailed(f"'{value.path}' is missing and the text cannot do without it")
    return text_of(value)


_SHOW: Mapping[Landing, Callable[[object], str]] = {
    Landing.TEXT: _show_text,
    Landing.SLACK: _show_slack,
    Landing.URL: _show_url,
    Landing.HEADER: _show_known,
    Landing.CALL: _show_known,
}


class _Environment(SandboxedEnvironment):
    """Jinja with our lookups and filters. Every value printed goes through `show` first."""

    def __init__(self, show: Callable[[object], str]) -> None:
        super().__init__(undefined=Missing, finalize=show, keep_trailing_newline=True)
        self.globals.clear()
        self.filters = {name: partial(_of_known, filtered) for name, filtered in FILTERS.items()}
        self.filters |= {"default": _default, FIRST_ELEMENTS: _elements, COMPARABLE: Comparable}

    def getitem(self, obj: object, argument: object) -> object:
        """The value at the end of a path, whose first name has given `obj` already."""
        path = argument if isinstance(argument, tuple) else (argument,)
        for key in path[1:]:
            obj = _part(obj, key)
            if obj is MISSING:
                return Missing(name=".".join(map(str, path)))
        return obj


def _part(value: object, key: object) -> object:
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return MISSING


def _of_known(
    filtered: Callable[..., object], value: object, *args: object, **named: object
) -> object:
    """A filter of a missing field is the missing field."""
    return value if isinstance(value, Missing) else filtered(value, *args, **named)


def _default(value: object, alternative: object = "", falsy: bool = False) -> object:  # noqa: FBT001, FBT002 -- templates pass it by position, as everywhere in Jinja
    return alternative if isinstance(value, Missing) or (falsy and not value) else value


def _elements(value: object) -> list[object]:
    return value[:MAX_ELEMENTS] if isinstance(value, list) else []


class Comparable:  # noqa: PLW1641 -- it lives within one comparison and is never a key
    """A value in a comparison: types are strict as in conditions, and none raises."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Comparable) and same(self.value, other.value)

    def __lt__(self, other: "Comparable") -> bool:
        return self._ordered(operator.lt, other)

    def __le__(self, other: "Comparable") -> bool:
        return self._ordered(operator.le, other)

    def __gt__(self, other: "Comparable") -> bool:
        return self._ordered(operator.gt, other)

    def __ge__(self, other: "Comparable") -> bool:
        return self._ordered(operator.ge, other)

    def __contains__(self, item: "Comparable") -> bool:
        if isinstance(self.value, list):
            return any(same(item.value, each) for each in self.value)
        return (
            isinstance(item.value, str)
            and isinstance(self.value, str | dict)
            and item.value in self.value
        )

    def _ordered(self, compare: Callable[..., bool], other: "Comparable") -> bool:
        pair = (self.value, other.value)
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in pair)
        texts = all(isinstance(value, str) for value in pair)
        return (numbers or texts) and compare(*pair)
