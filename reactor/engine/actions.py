"""The platform's own actions, as its REST API lists them: a Redeploy, a Stop. Pure.

Frames of actions tell neither what was done nor to what (docs/platforms.md §1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from reactor.engine.normalize import platform_time
from reactor.model.lookup import Found
from reactor.model.uri import ObjectRef, parse_uri, read_uri

VERBS = ("redeploy", "stop", "scale", "terminate")
"""What can end a container, as the names of actions and the paths of their requests have it."""

_FIELDS = ("action", "object", "method", "path", "state", "start_date", "end_date")
_LONGEST = 300  # characters; a path with a query has less
_GOES_ON = ("Pending", "In progress", "Canceling")


def actions_of(uri: str, found: Found) -> list[dict[str, str]] | str:
    """The actions on the object that `uri` names, by the list that was asked for: what is read of
    them, as plain data. A text says why they are not known."""
    listed = found.object
    if listed is None:
        return found.reason
    meta, objects = listed.get("meta"), listed.get("objects")
    total = meta.get("total_count") if isinstance(meta, Mapping) else None
    if not isinstance(objects, list) or not isinstance(total, int):
        return "the answer is no list of actions"
    if total > len(objects):
        return f"there are {total}, and only {len(objects)} were told"
    actions = [_read_texts(each) for each in objects if isinstance(each, Mapping)]
    return [each for each in actions if _ref(each.get("object")) == _ref(uri)]


def _read_texts(action: Mapping[str, object]) -> dict[str, str]:
    """The fields that are read, as far as they are texts of a sane length."""
    told = {name: action.get(name) for name in _FIELDS}
    return {
        name: value
        for name, value in told.items()
        if isinstance(value, str) and len(value) <= _LONGEST
    }


def _ref(uri: str | None) -> ObjectRef | None:
    return parse_uri(uri.lower()) if uri else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAction:
    """One action. `verb` is one of VERBS, or empty. `ended_at` None: it goes on."""

    name: str
    verb: str
    object: str
    started_at: datetime
    ended_at: datetime | None

    @classmethod
    def read(cls, told: Mapping[str, str]) -> Self | None:
        """The action that `actions_of` tells; None if it does not tell when it began."""
        started_at = platform_time(told.get("start_date", ""))
        if started_at is None:
            return None
        ended_at = platform_time(told.get("end_date", ""))
        is_over = told.get("state") not in _GOES_ON
        verb = _verb(told)
        return cls(
            name=told.get("action") or verb.capitalize(),
            verb=verb,
            object=told.get("object", ""),
            started_at=started_at,
            ended_at=ended_at or (started_at if is_over else None),
        )

    def told(self, moment: datetime) -> str:
        """How it stood at that moment, as a sentence."""
        what = f"action {self.name} of {self.object}"
        if self.ended_at is None or self.ended_at >= moment:
            return f"{what} was In progress at {moment:%H:%M:%S}"
        return f"{what} ended at {self.ended_at:%H:%M:%S}"


def _verb(told: Mapping[str, str]) -> str:
    """What was done, by the action's name ("Service Redeploy"), or by its request where nobody
    wrote down what it was called."""
    if told.get("method") == "DELETE":
        return "terminate"
    found = read_uri(told.get("path", "").partition("?")[0])
    words = [*told.get("action", "").lower().split(), found[1].strip("/") if found else ""]
    return next((word for word in words if word in VERBS), "")
