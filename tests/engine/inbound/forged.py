"""Requests that no hook may take: at least 200, over all schemes. Each could be sent by HTTP/1.1 as
it stands; the body is one that would be taken, so that nothing but the guard is in the way."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from reactor.engine.inbound import Inbound
from tests.builders import replace
from tests.engine.inbound.senders import (
    BODY,
    SIGNED,
    TOKEN,
    TOKENS,
    Hook,
    Scheme,
    shown,
    signed,
    with_header,
)

STAMPED = {"slack": "x-slack-request-timestamp", "standard-webhooks": "webhook-timestamp"}
OTHER_BODY = BODY.replace(b"acme", b"evil")


@dataclass(frozen=True, slots=True)
class Forged:
    """A request to a hook, and what is wrong with it."""

    name: str
    hook: Hook
    inbound: Inbound


def forgeries(now: datetime) -> tuple[Forged, ...]:
    """All of them, as if sent at `now`."""
    return (*_of_signatures(now), *_of_stamps(now), *_of_ids(now), *_of_tokens())


def _of_signatures(now: datetime) -> Iterator[Forged]:
    for name, scheme in SIGNED.items():
        genuine = signed(name, now)
        right = genuine.only(scheme.header) or ""
        for what, values in _values(scheme, right, int(now.timestamp())).items():
            inbound = with_header(genuine, scheme.header, *values)
            yield Forged(f"{name}: {what}", scheme.hook, inbound)
        for what, body in _bodies().items():
            yield Forged(f"{name}: {what}", scheme.hook, replace(genuine, body=body))
        for what, key in _keys(scheme).items():
            yield Forged(f"{name}: {what}", scheme.hook, signed(name, now, key=key))
        yield Forged(
            f"{name}: the signature in the URL",
            scheme.hook,
            replace(with_header(genuine, scheme.header), query=f"{scheme.header}={right}"),
        )


def _values(scheme: Scheme, right: str, stamp: int) -> dict[str, tuple[str, ...]]:
    """What may stand in the header instead."""
    bare = right.removeprefix(scheme.prefix)
    wrong = scheme.sign(b"another secret", BODY, stamp)
    return {
        "no signature": (),
        "an empty signature": ("",),
        "two signature headers, both right": (right, right),
        "two signature headers, the first right": (right, wrong),
        "two signature headers, the second right": (wrong, right),
        "right twice with a comma between": (f"{right},{right}",),
        "right, with a comma": (f"{right},",),
        "right, in quotes": (f'"{right}"',),
        "cut short": (right[:-1],),
        "half": (right[: len(right) // 2],),
        "longer": (right + "0",),
        "twice": (right + right,),
        "upper and lower case exchanged": (right.swapcase(),),
        "without what stands before it": (bare if scheme.prefix else bare[1:],),
        "with the prefix of another": (f"sha384={bare}",),
        "the prefix alone": (scheme.prefix or "=",),
        "backwards": (right[::-1],),
        "zeros": ("0" * len(right),),
        "of another body": (scheme.sign(scheme.key, OTHER_BODY, stamp),),
        "of no body": (scheme.sign(scheme.key, b"", stamp),),
        "a hash without a secret": (hashlib.sha256(BODY).hexdigest(),),
        "a hash of secret and body": (hashlib.sha256(scheme.key + BODY).hexdigest(),),
        "in another encoding": (scheme.prefix + _otherwise_encoded(bare),),
        "null": ("null",),
        "letters beyond ASCII": ("\xe4" * len(right),),
    }


def _otherwise_encoded(bare: str) -> str:
    if bare.endswith("="):
        return base64.b64decode(bare).hex()
    return base64.b64encode(bytes.fromhex(bare)).decode()


def _bodies() -> dict[str, bytes]:
    return {
        "another body": OTHER_BODY,
        "a longer body": BODY + b" ",
        "a body with a line break before it": b"\n" + BODY,
        "a body that says it twice": b"[" + BODY + b"," + BODY + b"]",
        "no body": b"",
    }


def _keys(scheme: Scheme) -> dict[str, bytes]:
    return {
        "another secret": b"another secret",
        "an empty secret": b"",
        "a secret cut short": scheme.key[:-1],
        "a secret with a line break": scheme.key + b"\n",
        "the secret as base64": base64.b64encode(scheme.key),
    }


def _of_stamps(now: datetime) -> Iterator[Forged]:
    """Rightly signed, but at another time, or with the time exchanged afterwards."""
    for name, header in STAMPED.items():
        hook = SIGNED[name].hook
        for minutes in (-525_600, -60, -6, 6, 60):
            late = signed(name, now + timedelta(minutes=minutes))
            yield Forged(f"{name}: signed {minutes} minutes from now", hook, late)
            fresh = with_header(late, header, str(int(now.timestamp())))
            yield Forged(f"{name}: the same, said to be of now ({minutes})", hook, fresh)
        genuine = signed(name, now)
        stamp = genuine.only(header) or ""
        for what, values in _stamps(stamp).items():
            yield Forged(f"{name}: {what}", hook, with_header(genuine, header, *values))


def _stamps(right: str) -> dict[str, tuple[str, ...]]:
    return {
        "no time": (),
        "an empty time": ("",),
        "two times": (right, right),
        "a time with a sign": (f"+{right}",),
        "a negative time": (f"-{right}",),
        "a time with a fraction": (f"{right}.0",),
        "a time in milliseconds": (f"{right}000",),
        "a time in words": ("now",),
        "a huge time": ("9" * 4000,),
        "digits of another script": ("\xb2" * 10,),
        "a time with an exponent": ("1e9",),
    }


def _of_ids(now: datetime) -> Iterator[Forged]:
    """Standard Webhooks signs the id too, so nobody can give a delivery another name."""
    genuine = signed("standard-webhooks", now)
    for values in ((), ("",), ("msg_2",), ("msg_1", "msg_1"), ("msg_1", "msg_2"), ("msg_1.",)):
        inbound = with_header(genuine, "webhook-id", *values)
        yield Forged(f"standard-webhooks: ids {values}", SIGNED["standard-webhooks"].hook, inbound)
    right = genuine.only("webhook-signature") or ""
    for value in (right.replace("v1,", "v1a,"), right.replace("v1,", "v2,"), right[3:], "v1,"):
        inbound = with_header(genuine, "webhook-signature", value)
        yield Forged(
            f"standard-webhooks: signature {value[:6]}", SIGNED["standard-webhooks"].hook, inbound
        )


def _of_tokens() -> Iterator[Forged]:
    for name, hook in TOKENS.items():
        genuine = shown(name)
        for what, token in _tokens().items():
            yield Forged(f"{name}: {what}", hook, shown(name, token))
        for what, inbound in _elsewhere(name, genuine).items():
            yield Forged(f"{name}: {what}", hook, inbound)


def _tokens() -> dict[str, str]:
    return {
        "an empty token": "",
        "another token": "another-token",
        "a token cut short": TOKEN[:-1],
        "half a token": TOKEN[:8],
        "a longer token": TOKEN + "x",
        "a token in another case": TOKEN.swapcase(),
        "a token backwards": TOKEN[::-1],
        "a token twice": TOKEN + TOKEN,
        "a token in quotes": f'"{TOKEN}"',
        "null as a token": "null",
        "letters beyond ASCII": "\xe4" * len(TOKEN),
        "a very long token": "x" * 4000,
    }


def _elsewhere(name: str, genuine: Inbound) -> dict[str, Inbound]:
    """The right token, but not once and where it belongs."""
    bare = Inbound(headers=genuine.headers[:1], body=genuine.body)
    wrong = {
        "no token": bare,
        "in another header": with_header(bare, "x-token", TOKEN),
        "as a password": with_header(bare, "authorization", f"Basic {TOKEN}"),
        "under another name in the URL": replace(bare, query=f"key={TOKEN}"),
        "twice": replace(
            bare,
            headers=genuine.headers + genuine.headers[1:],
            query="&".join(filter(None, [genuine.query] * 2)),
        ),
    }
    if name == "dockerhub":
        wrong["as a bearer"] = with_header(bare, "authorization", f"Bearer {TOKEN}")
        wrong["twice in the URL, once wrong"] = replace(bare, query=f"token=x&token={TOKEN}")
    else:
        wrong["in the URL"] = replace(bare, query=f"token={TOKEN}")
        wrong["without its scheme"] = with_header(bare, "authorization", TOKEN)
    return wrong
