"""What the frames of a Docker source say, as far as the hub hands it on. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reactor.model.event import Frame as SourceFrame
from reactor.model.uri import TYPES, parse_uri
from reactor.platforms.docker.answers import each, moment, text


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something happened to an object. `state` is empty where that did not change; `parents` are
    URIs without namespace; `identity` is the frame's own uuid."""

    kind: str
    uuid: str
    name: str
    parents: tuple[str, ...]
    state: str
    at: datetime
    identity: str
    facts: Mapping[str, object]


def read_news(frame: SourceFrame) -> News | None:
    """The news in a frame; None in those that Docker Cloud had no word for (a gap, a revised cause)
    and in what is no frame of the platform."""
    data: object = _decoded(frame.raw)
    kind, named = text(data, "type"), parse_uri(text(data, "resource_uri"))
    at = moment(data, "datetime")
    if kind not in TYPES or named is None or at is None:
        return None
    return News(
        kind=kind,
        uuid=named.id,
        name=text(frame.facts, kind, "name"),
        parents=tuple(uri for uri in each(data, "parents") if isinstance(uri, str)),
        state=text(data, "state"),
        at=at,
        identity=text(data, "uuid"),
        facts=frame.facts,
    )


def _decoded(raw: bytes) -> object:
    """A line of the engine's that is no JSON is handed on by the source too."""
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found
