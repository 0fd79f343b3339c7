"""Variables and secrets in the texts of a rule file: `${VAR}`, `${file:PATH}` (rules.md §1).

Works on parsed texts, never on raw YAML and never on keys, so that no value can become syntax. The
text that a reference gives is never searched for references again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from reactor.config.node import Items, Node, Problems, Scalar, Table
from reactor.model.errors import ReactorError
from reactor.model.problem import Place

MAX_SECRET_BYTES = 64 * 1024
CREDENTIALS = "CREDENTIALS_DIRECTORY"

_PIECE = re.compile(r"\$\$|\$\{([^{}]*)\}|\$\{")
_BODY = re.compile(
    r"(?P<origin>file|cred):(?P<path>[^-?].*)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<fallback>.*)|:\?(?P<complaint>.*))?",
    re.DOTALL,
)
_CREDENTIAL = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")
_FORMS = "expected ${VAR}, ${VAR:-default}, ${VAR:?message}, ${file:PATH} or ${cred:NAME}"


class Resolve(StrEnum):
    """Which references must be there when a rule file is loaded."""

    ALL = "all"  # whatever sends: run, check
    RULES = "rules"  # offline: in `sources` and `destinations` what is not set stays as written


class Origin(StrEnum):
    """Where the text of a reference comes from."""

    VARIABLE = "variable"
    FILE = "file"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A `${…}`. `fallback` and `complaint` are what follows `:-` and `:?`, if anything does."""

    written: str
    origin: Origin
    name: str
    fallback: str | None = None
    complaint: str | None = None

    @property
    def is_secret(self) -> bool:
        """Whether its text shows nowhere, wherever it stands."""
        return self.origin is not Origin.VARIABLE

    @property
    def label(self) -> str:
        """The reference as output may show it: a default may be a secret, so it is masked."""
        if self.is_secret:
            return self.written
        return f"${{{self.name}}}" if self.fallback is None else f"${{{self.name}:-***}}"


class ReferenceInvalid(ReactorError):
    """A `${` that begins no reference; the message says what is expected."""


def split_text(text: str) -> Iterator[str | Reference]:
    """The literal texts (with `$$` read as `$`) and the references of `text`, in order.

    Raises ReferenceInvalid.
    """
    end = 0
    for found in _PIECE.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield "$" if found.group() == "$$" else _reference(found)
        end = found.end()
    if end < len(text):
        yield text[end:]


def _reference(found: re.Match[str]) -> Reference:
    if found[1] is None:
        raise ReferenceInvalid("'${' is not closed by '}', or holds braces itself")
    body = _BODY.fullmatch(found[1])
    if body is None:
        raise ReferenceInvalid(f"'{found[0]}' is no reference, {_FORMS}")
    origin = {"file": Origin.FILE, "cred": Origin.CREDENTIAL}.get(body["origin"], Origin.VARIABLE)
    return Reference(
        written=found[0],
        origin=origin,
        name=body["path"] or body["name"],
        fallback=body["fallback"],
        complaint=body["complaint"],
    )


@dataclass(frozen=True, slots=True)
class Unset:
    """Why a reference has no text."""

    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Interpolator:
    """Puts the texts of references in their places, and notes those that have none."""

    environment: Mapping[str, str]
    problems: Problems

    def interpolate(self, node: Node, *, lenient: bool = False) -> Node:
        """`node` with its texts filled in. `lenient` leaves a reference without text as written
        and says so by `unresolved`; otherwise it is a problem."""
        if isinstance(node, Table):
            return self._table(node, lenient=lenient)
        if isinstance(node, Items):
            items = tuple(self.interpolate(item, lenient=lenient) for item in node.items)
            return replace(node, items=items)
        if isinstance(node.value, str) and "$" in node.value:
            return self._scalar(node, node.value, lenient=lenient)
        return node

    def _table(self, table: Table, *, lenient: bool) -> Table:
        entries = dict(table.entries)
        for key, entry in table.entries.items():
            value = self.interpolate(entry.value, lenient=lenient)
            if value is not entry.value:
                entries[key] = replace(entry, value=value)
        return replace(table, entries=entries)

    def _scalar(self, scalar: Scalar, text: str, *, lenient: bool) -> Scalar:
        try:
            pieces = list(split_text(text))
        except ReferenceInvalid as invalid:
            self.problems.note(scalar.place, str(invalid), "a plain '$' is written '$$'")
            return replace(scalar, written=text, unresolved=True)
        references = [piece for piece in pieces if isinstance(piece, Reference)]
        found = {each.written: self.look_up(each, scalar.place) for each in references}
        missing = [value for value in found.values() if isinstance(value, Unset)]
        for unset in missing if not lenient else ():
            self.problems.note(scalar.place, unset.message, unset.hint)
        return Scalar(
            place=scalar.place,
            value="".join(_filled(piece, found) for piece in pieces),
            written=text,
            variables=bool(references),
            secrets=tuple(each.written for each in references if each.is_secret),
            unresolved=bool(missing),
        )

    def look_up(self, reference: Reference, place: Place) -> str | Unset:
        """The text that `reference`, which stands at `place`, gives. Reads files."""
        if reference.origin is Origin.FILE:
            return _read(Path(place.file).parent / reference.name)
        if reference.origin is Origin.CREDENTIAL:
            return self._credential(reference.name)
        value = self.environment.get(reference.name, "")
        if value or (reference.name in self.environment and _takes_empty(reference)):
            return value
        if reference.fallback is not None:
            return reference.fallback
        message = f"the variable {reference.name} is not set"
        if reference.complaint:
            message += f": {reference.complaint}"
        return Unset(message, f"set it, or write ${{{reference.name}:-default}}")

    def _credential(self, name: str) -> str | Unset:
        folder = self.environment.get(CREDENTIALS)
        if not folder:
            return Unset(
                f"the credential '{name}' cannot be read: {CREDENTIALS} is not set",
                "systemd sets it for a unit with LoadCredential=",
            )
        if not _CREDENTIAL.fullmatch(name):
            return Unset(f"'{name}' is no name of a credential")
        return _read(Path(folder) / name)


def _filled(piece: str | Reference, found: Mapping[str, str | Unset]) -> str:
    if isinstance(piece, str):
        return piece
    value = found[piece.written]
    return piece.written if isinstance(value, Unset) else value


def _takes_empty(reference: Reference) -> bool:
    """`:-` and `:?` count a variable that is set and empty as unset, as Compose does."""
    return reference.fallback is None and reference.complaint is None


def _read(file: Path) -> str | Unset:
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_SECRET_BYTES + 1)
        text = raw.decode()
    except OSError as error:
        return Unset(f"the file {file} cannot be read: {error.strerror}")
    except ValueError:
        return Unset(f"the file {file} cannot be read: it is not UTF-8, or its name holds a NUL")
    if len(raw) > MAX_SECRET_BYTES:
        return Unset(f"the file {file} is larger than 64 KiB")
    return text.removesuffix("\n").removesuffix("\r")
