"""Who may use the hub: one user with one key, given in any of the ways of ten years of clients."""

import binascii
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

UNAUTHORIZED = '{"type":"error","data":{"errorMessage":"UNAUTHORIZED"}}'
"""What Tutum told a stream's client before it closed (docs/platforms.md §1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user and the key that proves it. The old services took a password or an API key there."""

    user: str
    key: str = field(repr=False)

    def accept(self, authorization: str | None) -> bool:
        """Whether the value of an Authorization header, None without one, is of this user:
        `Basic`, or `ApiKey user:key` as the older of Tutum's clients have it."""
        scheme, _, rest = (authorization or "").partition(" ")
        match scheme.lower():
            case "basic":
                return self._are(_decoded(rest.strip()))
            case "apikey":
                # A header is read as Latin-1, whatever it is.
                return self._are(rest.strip().encode("latin-1", "replace"))
            case _:
                return False

    def accept_query(self, query: Mapping[str, str]) -> bool:
        """Whether a stream's query is of this user: `auth`, which is a whole header, or `user` with
        `token` or `sid`."""
        header = query.get("auth", "").encode().decode("latin-1")  # as if it were one
        scheme, _, rest = header.partition(" ")
        # A "+" of the encoding that was not escaped has become a blank.
        if self.accept(f"{scheme} {rest.strip().replace(' ', '+')}"):
            return True
        token = query.get("token") or query.get("sid")
        return token is not None and self._are(f"{query.get('user', '')}:{token}".encode())

    def _are(self, given: bytes | None) -> bool:
        # In constant time, so that the time of a refusal tells nothing about the key.
        return given is not None and hmac.compare_digest(given, f"{self.user}:{self.key}".encode())


def _decoded(encoded: str) -> bytes | None:
    try:
        return b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        return None


def unauthorized() -> Response:
    """The answer to everybody else; Docker Cloud gave it before the upgrade to a WebSocket too
    (docs/platforms.md §1)."""
    return JSONResponse(
        {"error": "Not authorized: user and API key are needed, by Basic authentication."},
        401,
        {"WWW-Authenticate": 'Basic realm="hub", charset="UTF-8"'},
    )
