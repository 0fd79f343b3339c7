"""How a condition names an object of a container platform: `service: web` (rules.md §2)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from reactor.engine.operators import either
from reactor.model.condition import Path
from reactor.model.event import Record
from reactor.model.lookup import Reference
from reactor.model.match import Truth
from reactor.model.uri import parse_uri

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Names:
    """A text on a platform object's own path, `service: web`: its name, its UUID or its URI.

    `id` is the UUID that the text is or, as a URI, holds. Where there is no such object (another
    source, or a plain value) this is a plain equality.
    """

    operand: str
    id: str | None
    name: ClassVar[str] = "equals"
    absent: ClassVar[Truth] = None

    def test(self, value: object, record: Record) -> Truth:
        """Unknown while the object lacks what the text would be compared with."""
        values = value if isinstance(value, list) else (value,)
        return either(
            self._fits(each) if record.platform and isinstance(each, dict) else each == self.operand
            for each in values
        )

    def references(self, path: Path) -> Iterator[Reference]:
        """The object's name; its URI where that is enough."""
        yield Reference(path.text, "name" if self.id is None else "uri")

    def _fits(self, known: Mapping[str, object]) -> Truth:
        if known.get("name") == self.operand:
            return True
        known_id = id_of(known)
        if self.id is not None and known_id is not None:
            return self.id == known_id
        return False if "name" in known else None


def names(text: str) -> Names:
    """The operator for a plain text on the path of a platform object."""
    found = parse_uri(text)
    if found is None and not _UUID.fullmatch(text):
        return Names(text, None)
    return Names(text, (found.id if found else text).lower())


def id_of(known: Mapping[str, object]) -> str | None:
    uuid, uri = known.get("uuid"), known.get("uri")
    if isinstance(uuid, str):
        return uuid.lower()
    found = parse_uri(uri) if isinstance(uri, str) else None
    return found.id.lower() if found else None
