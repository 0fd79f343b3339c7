"""Facts, subjects, moments and ids, picked from what a sender tells. Nothing here raises."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from reactor.duration import format_time, parse_time
from reactor.engine.inbound.values import Inbound
from reactor.engine.normalize import canonical

_LONGEST_ID = 200
_UNIX_SECONDS = re.compile(r"\d{1,11}", re.ASCII)

Table = Mapping[str, tuple[str, ...]]
"""For each fact the dotted paths where a sender may have it; the first that leads to one counts."""


def facts_of(data: Mapping[str, object], table: Table) -> dict[str, object]:
    """The facts of the table that the data tells."""
    picked = {name: pick(data, *paths) for name, paths in table.items()}
    return {name: value for name, value in picked.items() if value is not None}


def pick(data: object, *paths: str) -> str | int | float | None:
    """The first text (not empty), number or flag that one of the dotted paths leads to."""
    for path in paths:
        value = _at(data, path)
        if isinstance(value, str | int | float) and value != "":
            return value
    return None


def pick_text(data: object, *paths: str) -> str | None:
    """The same, for texts only."""
    found = (_at(data, path) for path in paths)
    return next((value for value in found if isinstance(value, str) and value), None)


def _at(data: object, path: str) -> object:
    for name in path.split("."):
        data = data.get(name) if isinstance(data, dict) else None
    return data


def moment(value: object) -> datetime | None:
    """A moment from RFC 3339, from GitLab's `2016-08-12 15:23:28 UTC` and `… +0200`, or from unix
    seconds; in UTC."""
    if isinstance(value, str):
        return parse_time(value.replace(" UTC", "Z").replace(" +", "+").replace(" -", "-"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def unix_moment(stamp: str | None) -> datetime | None:
    """A moment from a header of unix seconds."""
    return moment(int(stamp)) if stamp and _UNIX_SECONDS.fullmatch(stamp) else None


def ref_facts(ref: object) -> dict[str, object]:
    """The branch or the tag that a full git reference names."""
    text = ref if isinstance(ref, str) else ""
    for start, name in (("refs/heads/", "branch"), ("refs/tags/", "tag")):
        if text.startswith(start):
            return {name: text.removeprefix(start)}
    return {}


def digest(*parts: str | bytes) -> str:
    """128 bits in hex that differ when any part does, and however they are joined."""
    hashes = [hashlib.sha256(_bytes(part)).hexdigest() for part in parts]
    return hashlib.sha256(canonical(hashes).encode()).hexdigest()[:32]


def _bytes(part: str | bytes) -> bytes:
    return part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part


def delivery_id(inbound: Inbound, now: datetime, *headers: str) -> str:
    """What the sender calls this delivery in the first of these headers that it sends.

    A sender that calls it nothing is told by the moment of arrival: the body alone is no name, as
    the same may happen twice.
    """
    for header in headers:
        identity = inbound.only(header)
        if identity:
            return identity if _is_short(identity) else digest(identity)
    return digest(format_time(now), inbound.body)


def _is_short(identity: str) -> bool:
    return len(identity) <= _LONGEST_ID and identity.isascii() and identity.isprintable()
