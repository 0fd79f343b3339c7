"""Reading what an engine answers: engines leave out, add and rename. Pure but for `Asking`."""

import json
from datetime import datetime
from typing import Protocol

from reactor.duration import parse_time
from reactor.platforms.docker.client import Answer

FORBIDDEN = (401, 403)
NOT_FOUND = 404
_OK = 200


class Asking(Protocol):
    """What asking takes of a client."""

    def request(self, method: str, path: str, *, timeout: float) -> Answer:
        """The answer, whatever its status. Blocks for `timeout` seconds at most. Raises Gone and
        Refusal."""


def parsed(answer: Answer) -> object:
    """The JSON of an answer with status 200, None of any other."""
    if answer.status != _OK:
        return None
    try:
        found: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return found


def at(data: object, *path: str) -> object:
    """What stands there in nested objects of JSON, None if nothing does."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def each(data: object, *path: str) -> list[object]:
    """The list that stands there, empty if none does."""
    found = at(data, *path)
    return found if isinstance(found, list) else []


def text(data: object, *path: str) -> str:
    """The text that stands there, empty if none does."""
    found = at(data, *path)
    return found if isinstance(found, str) else ""


def texts(data: object, *path: str) -> dict[str, str]:
    """The texts of the object that stands there, by name."""
    found = at(data, *path)
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def number(data: object, *path: str) -> int | None:
    """The whole number that stands there."""
    found = at(data, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def moment(data: object, *path: str) -> datetime | None:
    """The time that stands there, in UTC. The engine writes the year 1 for none."""
    found = parse_time(text(data, *path))
    return found if found and found.year > 1 else None
