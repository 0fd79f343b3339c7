"""Who may use the hub: one user with one key, by Basic authentication."""

import binascii
import hmac
from base64 import b64decode
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user and the key that proves it. The old services took a password or an API key there."""

    user: str
    key: str = field(repr=False)

    def accept(self, authorization: str | None) -> bool:
        """Whether the value of an Authorization header, None without one, is Basic with these."""
        scheme, _, encoded = (authorization or "").partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):  # ValueError: not ASCII
            return False
        # In constant time, so that the time of a refusal tells nothing about the key.
        return hmac.compare_digest(given, f"{self.user}:{self.key}".encode())


def unauthorized() -> Response:
    """The answer to everybody else; Docker Cloud gave it before the upgrade to a WebSocket too
    (docs/platforms.md §1)."""
    return JSONResponse(
        {"error": "Not authorized: user and API key are needed, by Basic authentication."},
        401,
        {"WWW-Authenticate": 'Basic realm="hub", charset="UTF-8"'},
    )
