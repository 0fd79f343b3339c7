"""How a request shows that it comes from its sender: tokens and signatures.

Each check computes and compares the same whatever is wrong, and only then looks for the reason.
What is compared is the text of the header and not what it decodes to, so that of all spellings of
a signature only the one that the sender writes is accepted.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Protocol
from urllib.parse import unquote_to_bytes

from reactor.duration import format_duration
from reactor.engine.inbound.values import Ground, Inbound, Refused
from reactor.engine.signature import signing_key

WINDOW = timedelta(minutes=5)
"""How far a signed timestamp may be from our clock, either way: Slack's own limit, and that of the
libraries of Standard Webhooks."""

_UNIX_SECONDS = re.compile(r"\d{1,11}", re.ASCII)


class Proof(Protocol):
    """A way to show that one knows the secret."""

    def check(self, secret: str, inbound: Inbound, now: datetime, /) -> Refused | None:
        """None when the request shows it, or why it does not. Never raises."""


class Algorithm(StrEnum):
    """The hash of an HMAC."""

    SHA256 = "sha256"
    SHA1 = "sha1"
    SHA512 = "sha512"


class Encoding(StrEnum):
    """How the bytes of an HMAC are written."""

    HEX = "hex"  # lower-case
    BASE64 = "base64"  # the standard alphabet, padded


@dataclass(frozen=True, slots=True)
class Bearer:
    """`Authorization: Bearer SECRET` (RFC 6750 §2.1)."""

    def check(self, secret: str, inbound: Inbound, _: datetime) -> Refused | None:
        """See Proof."""
        shown = [_bearer_token(value) for value in inbound.every("authorization")]
        return _token_verdict("header authorization", secret, map(_on_the_wire, shown))


def _bearer_token(value: str) -> str:
    scheme, _, token = value.partition(" ")
    return token if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class PlainHeader:
    """The secret itself as the value of a header."""

    header: str

    def check(self, secret: str, inbound: Inbound, _: datetime) -> Refused | None:
        """See Proof."""
        shown = map(_on_the_wire, inbound.every(self.header))
        return _token_verdict(f"header {self.header}", secret, shown)


@dataclass(frozen=True, slots=True)
class InQuery:
    """`?token=SECRET`, for senders that can be given nothing but a URL."""

    def check(self, secret: str, inbound: Inbound, _: datetime) -> Refused | None:
        """See Proof."""
        fields = (part.partition("=") for part in inbound.query.split("&"))
        shown = (
            unquote_to_bytes(_on_the_wire(text)) for name, _, text in fields if name == "token"
        )
        return _token_verdict("URL parameter token", secret, shown)


def _token_verdict(where: str, secret: str, values: Iterable[bytes]) -> Refused | None:
    shown = list(values)
    matches = hmac.compare_digest(secret.encode(), shown[0] if len(shown) == 1 else b"")
    if len(shown) != 1:
        return _not_one(where, len(shown))
    if not shown[0]:
        return _refused(Ground.MALFORMED, f"its {where} holds no token")
    return None if matches else _refused(Ground.WRONG, f"its {where} does not hold our token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An HMAC over the body in a header: `prefix` and the digest. With `listed` the header may
    hold several with spaces between, of which one must be right."""

    header: str
    prefix: str = ""
    algorithm: Algorithm = Algorithm.SHA256
    encoding: Encoding = Encoding.HEX
    listed: bool = False

    def check(self, secret: str, inbound: Inbound, _: datetime) -> Refused | None:
        """See Proof."""
        return self.verdict(secret.encode(), inbound.body, inbound)

    def verdict(self, key: bytes, content: bytes, inbound: Inbound) -> Refused | None:
        """Whether the header holds the signature of `content`, or else why not."""
        written = self._written(hmac.digest(key, content, self.algorithm))
        shown = inbound.only(self.header) or ""
        entries = shown.split(" ") if self.listed else [shown]
        matches = [hmac.compare_digest(written.encode(), _on_the_wire(entry)) for entry in entries]
        missing = _not_alone(inbound, self.header)
        return missing or (None if any(matches) else self._mismatch(entries))

    def _written(self, digest: bytes) -> str:
        as_hex = self.encoding is Encoding.HEX
        return self.prefix + (digest.hex() if as_hex else base64.b64encode(digest).decode())

    def _mismatch(self, entries: Iterable[str]) -> Refused:
        """Why none of these is the signature, as far as that can be told."""
        empty = bytes(hashlib.new(self.algorithm).digest_size)
        length = len(self._written(empty)) - len(self.prefix)
        letters = "[0-9a-f]" if self.encoding is Encoding.HEX else "[A-Za-z0-9+/=]"
        form = re.compile(f"{re.escape(self.prefix)}{letters}{{{length}}}")
        if any(map(form.fullmatch, entries)):
            return _refused(
                Ground.WRONG, "it was signed with another secret, or its body was changed"
            )
        wanted = f"{length} characters of {self.encoding}"
        wanted = f"'{self.prefix}' and {wanted}" if self.prefix else wanted
        return _refused(Ground.MALFORMED, f"its header {self.header} is not {wanted}")


@dataclass(frozen=True, slots=True)
class SlackSigned:
    """Slack's `v0`: HMAC-SHA256 over `v0:TIMESTAMP:BODY`, within WINDOW.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """

    def check(self, secret: str, inbound: Inbound, now: datetime) -> Refused | None:
        """See Proof."""
        stamp = inbound.only(SLACK_STAMP) or ""
        content = _on_the_wire(f"v0:{stamp}:") + inbound.body
        return _first(
            _not_alone(inbound, SLACK_STAMP),
            _SLACK.verdict(secret.encode(), content, inbound),
            _off_clock(SLACK_STAMP, stamp, now),
        )


SLACK_STAMP = "x-slack-request-timestamp"
_SLACK = Signed(header="x-slack-signature", prefix="v0=")


@dataclass(frozen=True, slots=True)
class StandardSigned:
    """Standard Webhooks, `v1`: HMAC-SHA256 over `ID.TIMESTAMP.BODY`, within WINDOW.

    https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """

    def check(self, secret: str, inbound: Inbound, now: datetime) -> Refused | None:
        """See Proof."""
        identity = inbound.only(STANDARD_ID) or ""
        stamp = inbound.only(STANDARD_STAMP) or ""
        content = _on_the_wire(f"{identity}.{stamp}.") + inbound.body
        return _first(
            _not_alone(inbound, STANDARD_ID),
            _not_alone(inbound, STANDARD_STAMP),
            _STANDARD.verdict(signing_key(secret), content, inbound),
            _off_clock(STANDARD_STAMP, stamp, now),
        )


STANDARD_ID = "webhook-id"
STANDARD_STAMP = "webhook-timestamp"
_STANDARD = Signed(header="webhook-signature", prefix="v1,", encoding=Encoding.BASE64, listed=True)


def _on_the_wire(value: str) -> bytes:
    """The bytes that a header was decoded from, so that a secret beyond ASCII compares too."""
    return value.encode("latin-1", "backslashreplace")


def _first(*refused: Refused | None) -> Refused | None:
    """The first reason; all of them were looked for, so that none shows in the time it takes."""
    return next(filter(None, refused), None)


def _not_alone(inbound: Inbound, header: str) -> Refused | None:
    count = len(inbound.every(header))
    return None if count == 1 else _not_one(f"header {header}", count)


def _not_one(where: str, count: int) -> Refused:
    if count == 0:
        return _refused(Ground.NOTHING_SHOWN, f"it has no {where}")
    return _refused(Ground.SHOWN_TWICE, f"it has {where} {count} times, and must have it once")


def _off_clock(header: str, stamp: str, now: datetime) -> Refused | None:
    """Why a signed timestamp does not count, if it does not."""
    if not _UNIX_SECONDS.fullmatch(stamp):
        return _refused(Ground.MALFORMED, f"its header {header} is not in unix seconds")
    seconds = now.timestamp() - int(stamp)
    if abs(seconds) <= WINDOW.total_seconds():
        return None
    distance = format_duration(timedelta(seconds=ceil(abs(seconds))))
    return _refused(
        Ground.CLOCK,
        f"it is signed rightly, but {distance} {'behind' if seconds > 0 else 'ahead of'} our clock"
        f" ({format_duration(WINDOW)} are allowed): a clock is wrong, or it is a repetition",
    )


def _refused(ground: Ground, reason: str) -> Refused:
    return Refused(401, ground, reason)
