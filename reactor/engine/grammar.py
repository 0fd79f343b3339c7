"""What a template may consist of (rules.md §4): its parsed text, checked and made ready.

Only what is listed here passes, so that what Jinja learns one day does not.
"""

import math
from collections.abc import Callable, Mapping
from typing import NoReturn

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from reactor.model.errors import ReactorError, RenderFailed

MAX_DEPTH = 40  # far below what Python's compiler takes, which is asked at the first render only

# Filters that only we put into a template: no text can name them, because names hold no spaces.
FIRST_ELEMENTS = "first elements"
COMPARABLE = "comparable value"

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Keyword),
    *(nodes.If, nodes.CondExpr, nodes.For, nodes.Filter, nodes.Getattr, nodes.Getitem),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Neg),
    nodes.Scope,  # only what holds 'autoescape', which is refused with the line that this lacks
)
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Test: "'is' is not allowed; for a field that may be missing there is 'default'",
    nodes.Call: "calls are not allowed",
    nodes.Concat: "'~' is not allowed",
    nodes.BinExpr: "arithmetic is not allowed",
    nodes.UnaryExpr: "arithmetic is not allowed",
    nodes.Literal: "lists and mappings are not allowed",
    nodes.Stmt: "of the tags only 'if' and 'for' are allowed",
    nodes.Node: "this is not allowed",
}
_NOT_FIELDS = ("self", "loop")  # Jinja gives these names a meaning of their own
_SAMPLES = ("", ["", ""], 0.5)


FieldPath = tuple[object, ...]
"""A path in a template: `service.ports[0]` is `("service", "ports", 0)`."""


class SyntaxRefused(ReactorError):
    """A text that is not in the language of templates; the message says where and why."""


class Grammar(NodeTransformer):
    """Walks one parsed template. `filters` are those that it may use. `paths` are the values that
    it was found to use; a loop's own name counts as one, which costs a lookup at worst.

    Two things are rewritten on the way: a path becomes one lookup, and values that are compared or
    looped over are wrapped, so that no event can make a render raise or run long.
    """

    def __init__(self, filters: Mapping[str, Callable[..., object]]) -> None:
        self.filters = filters
        self.paths: set[FieldPath] = set()
        self.has_loop = False
        self.depth = 0

    def checked(self, template: nodes.Template) -> nodes.Template:
        """The template made ready; it is changed in place. Raises SyntaxRefused."""
        self.visit(template)
        return template

    def visit(self, node: nodes.Node, *args: object, **named: object) -> nodes.Node:
        """The node to use in place of `node`. Raises SyntaxRefused."""
        if type(node) not in _ALLOWED:
            _refuse(node, next(why for kind, why in _REFUSED.items() if isinstance(node, kind)))
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _refuse(node, "the template is nested too deeply")
        checked: nodes.Node = super().visit(node, *args, **named)
        self.depth -= 1
        return checked

    def visit_Name(self, node: nodes.Name) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        _check_name(node, node.name)
        self.paths.add((node.name,))
        return node

    def visit_Const(self, node: nodes.Const) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        if isinstance(node.value, float) and not math.isfinite(node.value):
            _refuse(node, "the number is too large")
        return node

    def visit_Neg(self, node: nodes.Neg) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        number = node.node
        if not isinstance(number, nodes.Const) or not isinstance(number.value, int | float):
            _refuse(node, _REFUSED[nodes.UnaryExpr])
        return nodes.Const(-number.value, lineno=node.lineno)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        return self._path(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        return self._path(node)

    def _path(self, node: nodes.Expr) -> nodes.Getitem:
        """`a.b["c"][0]` as one lookup of all its names, which can say what is missing."""
        keys: list[object] = []
        while isinstance(node, nodes.Getattr | nodes.Getitem):
            keys.append(_key(node))
            node = node.node
        if not isinstance(node, nodes.Name):
            _refuse(node, "only a name has fields")
        _check_name(node, node.name)
        names = (node.name, *reversed(keys))
        self.paths.add(names)
        return nodes.Getitem(
            node, nodes.Const(names, lineno=node.lineno), "load", lineno=node.lineno
        )

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        if node.expr2 is None:
            _refuse(node, "an 'if' between braces needs an 'else'")
        return self.generic_visit(node)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        self.generic_visit(node)
        node.expr = _wrapped(node.expr, COMPARABLE)
        for operand in node.ops:
            operand.expr = _wrapped(operand.expr, COMPARABLE)
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        if self.has_loop:
            _refuse(node, "there can be one 'for' in a template")
        if not isinstance(node.target, nodes.Name) or node.recursive:
            _refuse(node, "a 'for' has a single name and is not recursive")
        if not isinstance(node.iter, nodes.Name | nodes.Getattr | nodes.Getitem):
            _refuse(node, "a 'for' goes over a list of the event")
        self.has_loop = True
        self.generic_visit(node)
        node.iter = _wrapped(node.iter, FIRST_ELEMENTS)
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802 -- so Jinja calls it
        if node.name not in self.filters:
            _refuse(node, f"there is no filter '{node.name}', only {', '.join(self.filters)}")
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            _refuse(node, "'*' is not allowed")
        self.generic_visit(node)
        self._try(node)
        return node

    def _try(self, node: nodes.Filter) -> None:
        """Refuse arguments that the filter cannot take, by using it on samples."""
        args = [_constant(node, arg) for arg in node.args]
        named = {str(pair.key): _constant(node, pair.value) for pair in node.kwargs}
        try:
            for sample in _SAMPLES:
                self.filters[node.name](sample, *args, **named)
        except (TypeError, ValueError, RenderFailed):
            _refuse(node, f"the filter '{node.name}' does not take these arguments")


def _constant(node: nodes.Filter, argument: nodes.Expr) -> object:
    """An argument as it is known now. Only that of `default` may be a value of the event."""
    if isinstance(argument, nodes.Const):
        return argument.value
    if node.name != "default":
        _refuse(node, f"the filter '{node.name}' takes constants only")
    return None


def _key(node: nodes.Getattr | nodes.Getitem) -> object:
    if isinstance(node, nodes.Getattr):
        return _check_name(node, node.attr)
    key = node.arg
    if isinstance(key, nodes.Neg) and isinstance(key.node, nodes.Const):
        key = nodes.Const(-key.node.value)
    if not isinstance(key, nodes.Const) or type(key.value) not in (str, int):
        _refuse(node, "between brackets stands a constant name or number")
    return _check_name(node, key.value)


def _check_name(node: nodes.Node, name: object) -> object:
    if name in _NOT_FIELDS or str(name).startswith("__"):
        _refuse(node, f"'{name}' is not the name of a field")
    return name


def _wrapped(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _refuse(node: nodes.Node, why: str) -> NoReturn:
    raise SyntaxRefused(f"line {node.lineno}: {why}")
