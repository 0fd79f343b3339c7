"""Senders of webhooks, written from their documents and not from the code under test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from reactor.engine.inbound import Algorithm, Encoding, Guard, Inbound, Signed, guard_for
from reactor.model.secret import Secret

TOKEN = "hO6kqz0Ayt-invented"
SECRET = "It's a Secret to Everybody"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_KEY = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

JSON = ("content-type", "application/json")
BODY = json.dumps({"action": "push", "repository": {"full_name": "acme/web"}}).encode()

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A hook as a rule file has it."""

    preset: str = "none"
    token: str | None = None
    secret: str | None = None
    signature: Signed | None = None

    def guard(self) -> Guard:
        """The guard that these make."""
        return guard_for(
            self.preset,
            token=Secret(self.token) if self.token is not None else None,
            secret=Secret(self.secret) if self.secret is not None else None,
            signature=self.signature,
        )


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to sign: the header, and its value over a body with a key at a moment."""

    header: str
    prefix: str
    key: bytes
    sign: Callable[[bytes, bytes, int], str]
    hook: Hook
    more: Mapping[str, str]


def _hex(algorithm: str, prefix: str = "") -> Callable[[bytes, bytes, int], str]:
    return lambda key, body, _: prefix + hmac.new(key, body, algorithm).hexdigest()


def _base64(algorithm: str, prefix: str = "") -> Callable[[bytes, bytes, int], str]:
    def signed(key: bytes, body: bytes, _: int) -> str:
        return prefix + base64.b64encode(hmac.new(key, body, algorithm).digest()).decode()

    return signed


def _slack(key: bytes, body: bytes, stamp: int) -> str:
    return "v0=" + hmac.new(key, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()


def _standard(key: bytes, body: bytes, stamp: int) -> str:
    digest = hmac.new(key, f"msg_1.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _own(header: str, prefix: str, algorithm: Algorithm, encoding: Encoding) -> Scheme:
    signature = Signed(header=header, prefix=prefix, algorithm=algorithm, encoding=encoding)
    writes = _hex if encoding is Encoding.HEX else _base64
    hook = Hook(secret=SECRET, signature=signature)
    sign = writes(algorithm.value, prefix)
    return Scheme(header.lower(), prefix, SECRET.encode(), sign, hook, {})


SIGNED: Mapping[str, Scheme] = {
    "github": Scheme(
        "x-hub-signature-256",
        "sha256=",
        SECRET.encode(),
        _hex("sha256", "sha256="),
        Hook(preset="github", secret=SECRET),
        {"x-github-event": "push", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
    ),
    "gitea": Scheme(
        "x-gitea-signature",
        "",
        SECRET.encode(),
        _hex("sha256"),
        Hook(preset="gitea", secret=SECRET),
        {"x-gitea-event": "push", "x-gitea-delivery": "f6266f16-1bf3-46a5-9ea4-602e06ead473"},
    ),
    "slack": Scheme(
        "x-slack-signature",
        "v0=",
        SECRET.encode(),
        _slack,
        Hook(preset="slack", secret=SECRET),
        {"x-slack-request-timestamp": "{stamp}"},
    ),
    "standard-webhooks": Scheme(
        "webhook-signature",
        "v1,",
        STANDARD_KEY,
        _standard,
        Hook(preset="standard-webhooks", secret=STANDARD_SECRET),
        {"webhook-id": "msg_1", "webhook-timestamp": "{stamp}"},
    ),
    "sha1 hex": _own("X-Signature", "", Algorithm.SHA1, Encoding.HEX),
    "sha512 hex": _own("X-Signature", "sha512=", Algorithm.SHA512, Encoding.HEX),
    "sha256 base64": _own("X-Hmac", "", Algorithm.SHA256, Encoding.BASE64),
}
"""Hooks whose senders sign, by name."""

TOKENS: Mapping[str, Hook] = {
    name: Hook(preset=name, token=TOKEN)
    for name in (
        "none",
        "gitlab",
        "dockerhub",
        "registry",
        "alertmanager",
        "grafana",
        "cloudevents",
    )
}
"""Hooks whose senders show a token, by name."""


def signed(name: str, now: datetime, body: bytes = BODY, key: bytes | None = None) -> Inbound:
    """What the sender of a signing hook posts; with another `key`, what somebody else would."""
    scheme, stamp = SIGNED[name], int(now.timestamp())
    more = tuple((header, text.format(stamp=stamp)) for header, text in scheme.more.items())
    value = scheme.sign(scheme.key if key is None else key, body, stamp)
    return Inbound(headers=(JSON, *more, (scheme.header, value)), body=body)


def shown(name: str, token: str = TOKEN, body: bytes = BODY) -> Inbound:
    """What the sender of a hook with a token posts."""
    if name == "dockerhub":
        return Inbound(headers=(JSON,), body=body, query=f"token={quote(token)}")
    header = ("x-gitlab-token", token) if name == "gitlab" else ("authorization", f"Bearer {token}")
    return Inbound(headers=(JSON, header), body=body)


def with_header(inbound: Inbound, name: str, *values: str) -> Inbound:
    """The same with these values under a header, instead of those it has."""
    others = tuple(pair for pair in inbound.headers if pair[0] != name)
    return Inbound(
        headers=(*others, *((name, value) for value in values)),
        body=inbound.body,
        query=inbound.query,
    )
