"""What protects a hook, and whether a request shows it."""

import re
from dataclasses import dataclass, replace
from datetime import datetime

from reactor.engine.inbound.presets import PRESETS
from reactor.engine.inbound.proofs import Proof, Signed, StandardSigned
from reactor.engine.inbound.values import Inbound, Refused
from reactor.engine.signature import PREFIX, base64_key
from reactor.model.secret import Secret

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)  # RFC 9110 §5.6.2, in lower case
_TOKEN = re.compile(r"[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Guard:
    """The secret that a hook shares with its sender, and how a request must show it. `guard_for`
    makes it, and never with an empty secret."""

    proof: Proof
    secret: Secret


def authenticate(guard: Guard, inbound: Inbound, now: datetime) -> Refused | None:
    """None when the request shows that it comes from the sender, or why it does not. Never
    raises. `now` is what a signed timestamp is held against."""
    return guard.proof.check(guard.secret.value, inbound, now)


def guard_for(
    preset: str,
    *,
    token: Secret | None = None,
    secret: Secret | None = None,
    signature: Signed | None = None,
) -> Guard:
    """The guard of a hook as it is configured (rules.md §1, Sources).

    A sender that signs shares a `secret` with us, any other shows a `token`. `signature` says how
    a sender signs whose preset knows tokens only. Raises ValueError, with a sentence for whoever
    wrote it, when the hook would be open or closed to everybody.
    """
    signs = PRESETS[preset].signs
    if signs and signature:
        raise ValueError(f"preset {preset} knows how its sender signs: leave `signature` out")
    if signs or signature:
        proof = _lower_case(signature) if signature else PRESETS[preset].proof
        return Guard(proof, _signing_secret(proof, _chosen("secret", secret, other=token)))
    if secret:
        raise ValueError("`secret` needs a `signature` that says how the sender signs with it")
    return Guard(PRESETS[preset].proof, _sendable(_chosen("token", token, other=secret)))


def _chosen(name: str, secret: Secret | None, *, other: Secret | None) -> Secret:
    if other:
        raise ValueError(f"only `{name}` is used here: write that, and leave the other one out")
    if secret is None or not secret.value:
        raise ValueError(f"it needs a `{name}`, or anybody could send events")
    if not secret.value.isprintable():
        raise ValueError(f"`{name}` holds line breaks or other characters that nobody types")
    return secret


def _sendable(token: Secret) -> Secret:
    if not _TOKEN.fullmatch(token.value):
        raise ValueError("`token` may hold letters, digits and ASCII punctuation, and no spaces")
    return token


def _lower_case(signature: Signed) -> Signed:
    """The same with the name of its header as HTTP servers hand it on."""
    header = signature.header.lower()
    if not _HEADER.fullmatch(header):
        raise ValueError(f"`signature.header` is no name of a header: {signature.header!r}")
    return replace(signature, header=header)


def _signing_secret(proof: Proof, secret: Secret) -> Secret:
    standard = isinstance(proof, StandardSigned)
    if standard and secret.value.startswith(PREFIX) and base64_key(secret.value) is None:
        raise ValueError(f"`secret` begins with {PREFIX}, but no base64 follows")
    return secret
