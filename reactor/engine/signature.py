"""Signing by the Standard Webhooks specification, symmetric scheme `v1`. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"


def sign_all(secrets: Iterable[str], identity: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of every secret, space-separated: while one takes another's place,
    whoever knows either of them can verify (the specification's "Multiple signatures")."""
    return " ".join(sign(secret, identity, timestamp, body) for secret in secrets)


def sign(secret: str, identity: str, timestamp: int, body: bytes) -> str:
    """The signature over id, timestamp (unix seconds) and body, as sent."""
    content = f"{identity}.{timestamp}.".encode() + body
    digest = hmac.digest(signing_key(secret), content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def signing_key(secret: str) -> bytes:
    """The key that a secret stands for: base64, with or without `whsec_`, as the specification's
    libraries read it; any other text stands for its own bytes."""
    return base64_key(secret) or secret.encode()


def base64_key(secret: str) -> bytes | None:
    """The bytes that a secret of the specification's form writes, or None if it has another."""
    encoded = secret.removeprefix(PREFIX)
    padding = "=" * (-len(encoded) % 4)
    try:
        return base64.b64decode(encoded + padding, validate=True) or None
    except (binascii.Error, ValueError):
        return None
