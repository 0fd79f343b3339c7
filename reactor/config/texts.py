"""Texts of actions: templates in which marks stand for secrets, so that none is ever stored.

Secret are `${file:}` and `${cred:}` everywhere, header values, what stands under a secret's name in
a body, and variables in the path and query of a URL (rules.md §1). The text of any other variable
is part of the template's text and can never become its code.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reactor.config.interpolate import Interpolator, Reference, Unset, split_text
from reactor.config.node import Items, Node, Problems, Scalar, Table
from reactor.config.settings import check_header_value, header_entries
from reactor.config.values import as_text, authority_end, has_blank, refuse, url_fault
from reactor.engine.call import METHODS, parse_call, tail_fault
from reactor.engine.template import Template, TemplateInvalid, compile_template
from reactor.model.errors import RenderFailed
from reactor.model.protocols import Landing
from reactor.model.secret import Vault

SECRET_NAMES = frozenset({"apikey", "auth", "token", "secret", "password"})
"""Keys of a body whose values are secrets (rules.md §1)."""

MAX_SECRETS = 10_000  # the marks of a vault count in four digits

_CODE = re.compile(r"\{[{%#]")
_WHOLE_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
# A URI in one piece, such as {{ resource_uri }}, and behind it something that is written out.
_CALL_OF_ONE = re.compile(rf"({'|'.join(METHODS)}) \{{\{{[^{{}}%]*\}}\}}([^{{}}]+)")
_OPENERS, _CLOSERS = ("{{", "{%", "{#"), ("}}", "%}", "#}")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a text: as the file has it, or what `reference` gave. With a `label` it is a
    secret, and the label is what output shows."""

    text: str
    reference: Reference | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Makes templates of an action's texts. `values` are the secrets of `vault`, which grow while
    the rule file is read. Every method notes what is wrong."""

    interpolator: Interpolator
    problems: Problems
    vault: Vault
    values: dict[str, str]

    def template(self, key: str, node: Node, landing: Landing) -> Template | None:
        """The template that a text writes."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return self._compiled(node, self._pieces(node, node.value), landing)
        refuse(self.problems, key, node, "a text")
        return None

    def call(self, key: str, node: Node) -> Template | None:
        """A call such as "POST {{ resource_uri }}stop/", which output shows: without secrets."""
        text = as_text(key, node, self.problems)
        if text is None:
            return None
        if fault := _call_fault(text):
            self.problems.note(node.place, f"'{key}': {fault}")
            return None
        return self.template(key, node, Landing.CALL)

    def headers(self, key: str, node: Node, landing: Landing, owner: str) -> dict[str, Template]:
        """Header values as templates. `owner` names the action in the labels of its secrets."""
        found = {}
        for name, entry in header_entries(key, node, self.problems).items():
            value = entry.value
            if not isinstance(value, Scalar) or not isinstance(value.value, str):
                message = f"the header '{name}' is no text, expected one"
                self.problems.note(value.place, message, "quote it")
                continue
            if not _CODE.search(value.value):
                check_header_value(name, value.value, value, self.problems)
            template = self._secret(value, value.value, landing, f"{owner} headers.{name}")
            if template is not None:
                found[name] = template
        return found

    def body(self, node: Node, landing: Landing, owner: str) -> object:
        """A text, or nested plain data, whose texts are templates."""
        if isinstance(node, Items):
            return [self.body(item, landing, owner) for item in node.items]
        if isinstance(node, Table):
            return {
                key: self._under(key, entry.value, landing, f"{owner} {key}")
                for key, entry in node.entries.items()
            }
        if isinstance(node.value, str):
            return self._compiled(node, self._pieces(node, node.value), landing)
        return node.value

    def _under(self, key: str, node: Node, landing: Landing, owner: str) -> object:
        """The value of a body's key, which may be a secret by its name."""
        is_secret = key.lower() in SECRET_NAMES
        if is_secret and isinstance(node, Scalar) and isinstance(node.value, str):
            return self._secret(node, node.value, landing, owner)
        return self.body(node, landing, owner)

    def url(self, key: str, node: Scalar, landing: Landing) -> Template | None:
        """An inline URL: templates and secrets in its path and query only."""
        text = str(node.value)
        fault = url_fault(text)
        if fault is None and has_blank(_WHOLE_CODE.sub("", text)):
            fault = "a URL cannot hold spaces or control characters"
        if fault:
            self.problems.note(node.place, f"'{key}': {fault}")
            return None
        pieces = _with_secret_path(self._pieces(node, text), authority_end(text))
        return self._compiled(node, list(pieces), landing)

    def _pieces(self, node: Scalar, value: str) -> list[_Piece]:
        if not node.variables or node.written is None:
            return [_Piece(value)]
        return [self._piece(node, part) for part in split_text(node.written)]

    def _piece(self, node: Scalar, part: str | Reference) -> _Piece:
        if isinstance(part, str):
            return _Piece(part)
        found = self.interpolator.look_up(part, node.place)
        text = "" if isinstance(found, Unset) else found  # noted when the text was filled in
        return _Piece(text, part, part.label if part.is_secret else None)

    def _secret(self, node: Scalar, value: str, landing: Landing, owner: str) -> Template | None:
        """A text that is a secret: its references are, and without any the whole of it is."""
        if not node.variables and not _CODE.search(value):
            return self._compiled(node, [_Piece(value, None, owner)], landing)
        hidden = [_hidden(piece) for piece in self._pieces(node, value)]
        return self._compiled(node, hidden, landing)

    def _compiled(self, node: Scalar, pieces: list[_Piece], landing: Landing) -> Template | None:
        if fault := _code_fault(pieces):
            self.problems.note(node.place, fault)
            return None
        text = "".join(self._written(piece) for piece in pieces)
        if len(self.values) > MAX_SECRETS:
            self.problems.note(node.place, f"the actions hold more than {MAX_SECRETS:,} secrets")
            return None
        try:
            return compile_template(text, landing)
        except TemplateInvalid as invalid:
            self.problems.note(node.place, f"wrong template: {invalid}")
            return None

    def _written(self, piece: _Piece) -> str:
        """The piece as the template has it; a secret as its mark."""
        if piece.label is None:
            return piece.text
        label = piece.label
        while self.values.setdefault(label, piece.text) != piece.text:
            label += "'"  # another secret that output shows by the same words
        return self.vault.mark(label)


def _call_fault(text: str) -> str | None:
    """What is wrong with a call as far as it is written out; the rest shows when it is rendered."""
    method, _, _ = text.partition(" ")
    if found := _CALL_OF_ONE.fullmatch(text):
        return tail_fault(*found.groups())
    if _CODE.search(text) and (method in METHODS or _CODE.search(method)):
        return None
    try:
        parse_call(text)
    except RenderFailed as fault:
        return str(fault)
    return None


def _hidden(piece: _Piece) -> _Piece:
    label = piece.reference.label if piece.reference else None
    return _Piece(piece.text, piece.reference, label)


def _with_secret_path(pieces: Iterable[_Piece], end: int) -> Iterator[_Piece]:
    """The pieces of a URL whose authority ends at `end`: what variables give beyond is secret."""
    at = 0
    for piece in pieces:
        public = max(0, end - at)
        at += len(piece.text)
        if piece.reference is None or at <= end:
            yield piece
        elif public == 0:
            yield _hidden(piece)
        else:
            yield _Piece(piece.text[:public], piece.reference)
            yield _Piece(piece.text[public:], piece.reference, f"path of {piece.reference.label}")


def _code_fault(pieces: list[_Piece]) -> str | None:
    """Why what variables give would be part of a template's code, if it would."""
    inside, before = False, ""
    following = [piece.text[:1] for piece in pieces[1:]] + [""]
    for piece, after in zip(pieces, following, strict=True):
        if piece.reference is None:
            inside = _is_inside(piece.text, inside=inside)
        elif inside:
            return f"{piece.reference.label} stands inside template code, expected it outside"
        elif piece.label is None and _CODE.search(before + piece.text + after):
            return f"{piece.reference.label} holds '{{{{', '{{%' or '{{#', which begin code"
        before = piece.text[-1:]
    return None


def _is_inside(text: str, *, inside: bool) -> bool:
    """Whether template code is open after `text`, given whether it was open before."""
    opened = max(text.rfind(opener) for opener in _OPENERS)
    closed = max(text.rfind(closer) for closer in _CLOSERS)
    return inside if opened == closed else opened > closed
