"""Secrets: values that show nowhere, and texts that hold only references to them.

A stored delivery must not contain a secret, so a rendered text is kept as parts: plain text and
references, which are joined to the values only when the request is sent.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

MASK = "***"


@dataclass(frozen=True, slots=True)
class Secret:
    """A value from the rule file that no output may show. Its repr and str are masked."""

    value: str

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK


class Joint(StrEnum):
    """How a secret is written where it lands."""

    PLAIN = "plain"
    JSON = "json"
    URL = "url"


class SecretRef(Struct, frozen=True, array_like=True):
    """A place in a text where the value of `reference` (such as `${file:/run/x}`) belongs. In the
    journal it is [reference, joint]."""

    reference: str
    joint: Joint = Joint.PLAIN


Parts = tuple[str | SecretRef, ...]
"""A text with its secrets left out."""


@dataclass(frozen=True, slots=True)
class Vault:
    """The secrets of one rule set, by reference, and the marks that stand for them while a text
    is rendered. The mark carries a random `nonce`, so that no event can forge one."""

    nonce: str
    values: Mapping[str, str]

    def mark(self, reference: str) -> str:
        """The letters that stand for `reference` in a template. Raises ValueError if unknown."""
        return f"{self.nonce}{list(self.values).index(reference):04d}"

    def split(self, text: str, joint: Joint = Joint.PLAIN) -> Parts:
        """`text` cut at its marks."""
        if self.nonce not in text:
            return (text,)
        pieces = re.split(rf"{self.nonce}(\d{{4}})", text)
        references = list(self.values)
        return tuple(
            SecretRef(references[int(piece)], joint) if odd % 2 else piece
            for odd, piece in enumerate(pieces)
            if piece
        )

    def join(self, parts: Parts, encode: Mapping[Joint, Callable[[str], str]]) -> str:
        """The whole text with its secrets. Raises KeyError for a reference that is gone."""
        if len(parts) == 1 and isinstance(parts[0], str):
            return parts[0]  # as nearly always
        return "".join(
            part if isinstance(part, str) else encode[part.joint](self.values[part.reference])
            for part in parts
        )


def masked(parts: Parts) -> str:
    """The text as output may show it."""
    return "".join(part if isinstance(part, str) else MASK for part in parts)
