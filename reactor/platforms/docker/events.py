"""An engine's events, read: whichever engine and version wrote them, they come out alike. Pure.

What the engines write is in docs/docker.md; only Type, Action and Actor are read, for the older
fields beside them are gone from API 1.52.
"""

from collections.abc import Container, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from reactor.duration import from_micros

CONTAINER, SERVICE, NODE = "container", "service", "node"

_OWN = frozenset({"name", "image"})
_OWN_OF = {
    "die": frozenset({"exitCode", "execDuration"}),
    "kill": frozenset({"signal"}),
    "rename": frozenset({"oldName"}),
}
_PODMAN_ACTIONS = {"died": "die", "remove": "destroy"}
_PODMAN_EXIT_CODE = "containerExitCode"
_HEALTH = "health_status"
_LATEST_NANO = 1 << 63
_LONGEST_NUMBER = 11  # digits of an exit code, sign included


class EngineEvent(Struct, frozen=True, kw_only=True):
    """One event. `kind` is what it happened to, `action` Docker's word for it without what follows
    a colon; `health` is what a probe found. `time_nano` is the engine's clock, in nanoseconds since
    1970. `original` is the event as the engine wrote it."""

    kind: str
    action: str
    id: str
    attributes: Mapping[str, str]
    time_nano: int
    original: Mapping[str, object]
    health: str | None = None

    @property
    def at(self) -> datetime:
        """When it happened, by the engine's clock, UTC."""
        return from_micros(self.time_nano // 1000)

    @property
    def key(self) -> tuple[int, str, str]:
        """The same for one event told twice, and for no other."""
        return self.time_nano, self.id, str(self.original.get("Action"))

    def unmasked(self, labels: Container[str]) -> "EngineEvent":
        """The event without those attributes that are the container's labels: engines lay these
        over what they tell themselves, but for its name and image."""
        masked = {name for name in _OWN_OF.get(self.action, ()) if name in labels}
        if not masked:
            return self
        kept = {name: text for name, text in self.attributes.items() if name not in masked}
        return structs.replace(self, attributes=kept)

    def number(self, attribute: str) -> int | None:
        """An attribute that writes a whole number; what is no number is unknown."""
        text = self.attributes.get(attribute, "")
        is_number = text.isascii() and text.removeprefix("-").isdigit()
        return int(text) if is_number and len(text) <= _LONGEST_NUMBER else None


def labels_in(attributes: Mapping[str, str], action: str) -> dict[str, str]:
    """The labels of a container among the attributes of an event: all that are not the engine's
    own."""
    own = _OWN | _OWN_OF.get(action, frozenset())
    return {name: text for name, text in attributes.items() if name not in own}


def decoded(line: bytes) -> object:
    """The JSON value that a line writes, None if it writes none. Never raises, whatever the bytes:
    texts that are no Unicode, which would raise later, are no JSON here."""
    try:
        return msgspec.json.decode(line)
    except (ValueError, RecursionError):  # no JSON, or too deep
        return None


def parse_event(data: object) -> EngineEvent | None:
    """The event that a JSON value is, None if it is none."""
    if not isinstance(data, dict):
        return None
    actor, nano = data.get("Actor"), data.get("timeNano")
    kind, action = data.get("Type"), data.get("Action")
    identity = actor.get("ID") if isinstance(actor, dict) else None
    texts = all(isinstance(each, str) for each in (kind, action, identity))
    if not texts or not isinstance(nano, int) or not 0 < nano < _LATEST_NANO:
        return None
    word, _, rest = str(action).partition(":")
    attributes = _attributes(actor, word)
    return EngineEvent(
        kind=str(kind),
        action=_PODMAN_ACTIONS.get(word, word) if kind == CONTAINER else word,
        id=str(identity),
        attributes=attributes,
        time_nano=nano,
        original=data,
        health=(rest.strip() or _podman_health(data, attributes)) if word == _HEALTH else None,
    )


def _attributes(actor: object, word: str) -> dict[str, str]:
    """Podman tells an exit code with every event, which is one where the container died."""
    told: object = actor.get("Attributes") if isinstance(actor, dict) else None
    if not isinstance(told, dict):
        return {}
    attributes = {str(name): text for name, text in told.items() if isinstance(text, str)}
    code = attributes.pop(_PODMAN_EXIT_CODE, None)
    return {**attributes, "exitCode": code} if code and word in _PODMAN_ACTIONS else attributes


def _podman_health(data: Mapping[str, object], attributes: Mapping[str, str]) -> str | None:
    """Podman tells the health beside the actor, some versions as an attribute."""
    told = (data.get("HealthStatus"), attributes.get(_HEALTH), attributes.get("healthStatus"))
    return next((each for each in told if isinstance(each, str) and each), None)
