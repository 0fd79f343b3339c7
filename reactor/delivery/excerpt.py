"""What the record of an attempt shows of its exchange: the head that was sent, the answer's
beginning, and no secret. Pure.
"""

import base64
import codecs
import re
from urllib.parse import unquote

from reactor.model.request import HttpRequest, Response, Verdict, shown_url
from reactor.model.secret import MASK

FAILURE_LIMIT = 4096
SUCCESS_LIMIT = 512
"""Bytes that are kept of an answer."""

BASE64 = "base64:"
"""Stands before the beginning of an answer that is no text."""

_OWN = frozenset(
    {"content-type", "user-agent", "webhook-id", "webhook-timestamp", "idempotency-key"}
)
"""Headers whose values show; all others are the rule file's, or sign."""

_SHORTEST = 4  # letters; what is shorter is no secret, and would be found in every text
_SHORTEST_WORD = 8  # the same of a part of one
_WORDS = re.compile(r"[^\s/?&=#:,;]+")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def sent(response: Response | None, verdict: str) -> str | None:
    """The request's line and headers, of an attempt that did not succeed."""
    request = None if response is None else response.request
    if request is None or verdict == Verdict.SUCCEEDED:
        return None
    lines = [f"{request.method} {shown_url(request.url) or MASK}"]
    lines += [
        f"{name}: {value if name in _OWN else MASK}" for name, value in request.headers.items()
    ]
    return "\n".join(lines)


def answered(response: Response | None, verdict: str) -> str | None:
    """The beginning of the answer's body; None of an empty one, and of an answer to a call back:
    what a platform tells of an object may hold anything."""
    if response is None or response.request is None or not response.body:
        return None
    limit = SUCCESS_LIMIT if verdict == Verdict.SUCCEEDED else FAILURE_LIMIT
    body = response.body
    for secret in _secrets(response.request) if len(body) >= _SHORTEST else ():
        body = body.replace(secret.encode(), MASK.encode())
    return _text(body[:limit]) or BASE64 + base64.b64encode(body[: limit * 3 // 4]).decode()


def _text(body: bytes) -> str | None:
    """What the bytes say, but for a letter that is cut in two; None if they are no text."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
    return None if _UNPRINTABLE.search(text) else text


def _secrets(request: HttpRequest) -> list[str]:
    """All that the request holds and nobody may see, longest first: whole, and the words of it,
    for an answer may quote a part."""
    path = re.sub(r"^[^:]*://[^/?#]*", "", request.url)
    given = [value for name, value in request.headers.items() if name not in _OWN]
    whole = {path, unquote(path), *given, *request.secrets}
    words = {word for text in whole for word in _WORDS.findall(text)}
    found = {text for text in whole if len(text) >= _SHORTEST}
    found |= {word for word in words if len(word) >= _SHORTEST_WORD}
    return sorted(found, key=len, reverse=True)
