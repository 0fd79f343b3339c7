"""Masking the secrets in what a container printed. Pure.

A secret is known by its form (tokens.py), or because the container's own environment holds it; then
it is masked wherever it stands, also in the ways in which programs encode it.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from reactor.model.errors import ReactorError
from reactor.model.secret import MASK
from reactor.platforms.docker.tokens import Span, looks_random, tokens

MOST_SECRETS = 1000
"""Each is looked for by itself, in all its forms."""

_SHORTEST = 4  # letters; what is shorter would be found in every text
_SHORTEST_PART = 8  # of what is a part of a secret
_SHORTEST_CORE = 6  # of what is left of a short one within base64
_INNOCENT = frozenset({"true", "false", "none", "null", "default"})

_FRAGMENTS = ("PASSW", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIAL")
_ENDINGS = ("PASS", "PWD", "PW", "KEY", "KEYS", "AUTH", "DSN", "SALT", "CREDS", "CRED", "JWT")
# A name that ends so tells something about a secret.
_ABOUT = frozenset(
    {
        *("FILE", "PATH", "DIR", "SOCK", "HOST", "PORT", "TYPE", "METHOD", "ENABLED"),
        *("TTL", "TIMEOUT"),
    }
)
_DIRECTORIES = frozenset({"PWD", "OLDPWD"})  # a shell's own
_NAME_WORDS = re.compile(r"[A-Z]+")
_URLSAFE = str.maketrans("+/", "-_")
_VALUE_WORDS = re.compile(r"[^\s,;:=\"'?&@|]+")


class TooManySecrets(ReactorError):
    """An environment that holds more than can be looked for."""


def scrubbed(text: str, environment: Iterable[str]) -> str:
    """The text with MASK in place of every secret. `environment` are the container's variables,
    `NAME=value` each. Raises TooManySecrets."""
    secrets = secrets_of(environment)
    if len(secrets) > MOST_SECRETS:
        raise TooManySecrets("its environment holds more secrets than can be masked")
    forms = {form for secret in secrets for form in _forms(secret)}
    found = [span for form in forms for span in _occurrences(text, form)]
    return _masked(text, [*found, *tokens(text)])


def secrets_of(environment: Iterable[str]) -> frozenset[str]:
    """The values and parts of values in it that look secret: all of four letters or more under a
    name that says so; under any name what looks random, and what its form gives away."""
    found = set[str]()
    for entry in environment:
        name, _, value = entry.partition("=")
        found.update(_secrets_in(value))
        if says_secret(name) and not _is_directory(name, value):
            found.update(_whole(value))
    return frozenset(filter(_is_telling, found))


def _is_telling(value: str) -> bool:
    return len(value.strip()) >= _SHORTEST and value.lower() not in _INNOCENT


def says_secret(name: str) -> bool:
    """Whether a variable with this name holds a secret."""
    words = _NAME_WORDS.findall(name.upper())
    if not words or words[-1] in _ABOUT:
        return False
    return (
        words[-1] == "PIN"
        or any(word.endswith(_ENDINGS) for word in words)
        or any(fragment in name.upper() for fragment in _FRAGMENTS)
    )


def _is_directory(name: str, value: str) -> bool:
    """Whether it is what a shell keeps under such a name, and no password."""
    return name in _DIRECTORIES and value.startswith("/")


def _whole(value: str) -> Iterator[str]:
    """A secret value, without the quotes that came with it from a file too, and the items and lines
    of a long one."""
    yield value
    yield value.strip().strip("\"'")
    yield from (part for part in re.split(r"[\n,]", value) if len(part) >= _SHORTEST_PART)


def _secrets_in(value: str) -> Iterator[str]:
    words = [*_VALUE_WORDS.findall(value), *([] if re.search(r"\s", value) else [value])]
    yield from filter(looks_random, words)
    for start, end in tokens(value):
        yield value[start:end]


def _forms(secret: str) -> Iterator[str]:
    """A secret as programs write it: plain, in JSON, in a URL, in base64."""
    yield secret
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for encoded in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield encoded
        yield re.sub("%..", lambda match: match[0].lower(), encoded)
    for core in _in_base64(secret.encode()):
        yield core
        yield core.translate(_URLSAFE)


def _in_base64(secret: bytes) -> Iterator[str]:
    """What base64 makes of it: alone, and what is the same of it wherever it stands in a text."""
    yield b64encode(secret).decode().rstrip("=")
    for before in range(3):
        encoded = b64encode(bytes(before) + secret).decode()
        # Letters of six bits each, of which those at either end hold bits of what is around.
        core = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        if len(core) >= _SHORTEST_CORE:
            yield core


def _occurrences(text: str, form: str) -> Iterator[Span]:
    start = text.find(form)
    while start >= 0:
        end = start + len(form)
        yield start, end
        start = text.find(form, end)


def _masked(text: str, spans: Iterable[Span]) -> str:
    """The text with one mask for what overlaps or touches."""
    parts, done = list[str](), 0
    for start, end in sorted(spans):
        if start > done or not parts:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])
