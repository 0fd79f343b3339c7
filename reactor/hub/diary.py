"""What the simulated containers write to their logs: the turns of their lives, and no more."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from threading import Lock

from reactor.hub.fleet import Fleet, Frame, Line, NotAllowed, Object
from reactor.hub.pipe import Pipe
from reactor.hub.states import State
from reactor.model.uri import comparable_uri

_LAST = {
    "container": (State.TERMINATED,),
    "service": (State.TERMINATED,),
    "action": (State.SUCCESS, State.FAILED),
}
"""For each type that has a log the states after which nothing more is written."""


class Diary:
    """The log (reactor/hub/fleet.py) of a container, service or action: its last `tail` lines, and
    with `follow` what comes until it is gone. Raises NoSuchObject, NotAllowed."""

    def __init__(self, fleet: Fleet, kind: str, uuid: str, *, tail: int, follow: bool) -> None:
        if kind not in _LAST:
            raise NotAllowed(f"A {kind} has no log.")
        self._fleet, self._kind, self._uuid = fleet, kind, uuid
        self._uri = comparable_uri(str(fleet.find(kind, uuid)["resource_uri"]))
        self._pipe: Pipe[Line] = Pipe()
        self._noting = Lock()
        lines = self._lines()
        self._noted = frozenset(lines)
        self._pipe.put(*lines[max(0, len(lines) - tail) :])
        self._deafen = fleet.listen(self._hear)
        if follow:
            self._note()  # what came while it was not heard yet
        else:
            self._pipe.end()

    def read(self) -> Sequence[Line]:
        """What has come since; blocks until there is something."""
        return self._pipe.read()

    def close(self) -> None:
        """Nothing more is written."""
        self._deafen()
        self._pipe.close()

    def _hear(self, frame: Frame) -> None:
        parents = frame["parents"] if isinstance(frame["parents"], list) else []
        if self._uri in map(comparable_uri, [frame["resource_uri"], *parents]):
            self._note()

    def _note(self) -> None:
        """What the objects tell now and did not before is new."""
        with self._noting:
            lines = self._lines()
            self._pipe.put(*(line for line in lines if line not in self._noted))
            self._noted = frozenset(lines) | self._noted
        if self._fleet.find(self._kind, self._uuid)["state"] in _LAST[self._kind]:
            self._pipe.end()

    def _lines(self) -> list[Line]:
        """All that they tell now, oldest first."""
        thing = self._fleet.find(self._kind, self._uuid)
        if self._kind == "action":
            return list(_of_action(thing))
        if self._kind == "container":
            return list(_of_container(thing, source=None))
        containers = [each for each in self._fleet.objects("container") if _serves(each, self._uri)]
        lines = [line for each in containers for line in _of_container(each, str(each["name"]))]
        return sorted(lines, key=lambda line: line.at)


def _serves(container: Object, service: object) -> bool:
    return comparable_uri(str(container["service"])) == service


def _of_container(container: Object, source: str | None) -> Iterator[Line]:
    started, stopped = container["started_datetime"], container["stopped_datetime"]
    if started:
        text = f"{container['name']}: {container['image_name']} is ready\n"
        yield Line(text=text, stream="stdout", at=_moment(started), source=source)
    if stopped:
        text = f"{container['name']}: exit code {container['exit_code']}\n"
        yield Line(text=text, stream="stderr", at=_moment(stopped), source=source)


def _of_action(action: Object) -> Iterator[Line]:
    begun, ended = action["start_date"], action["end_date"]
    # Without an end of line: the old command lines add one here, and to no other log.
    yield Line(text=f"{action['action']} of {action['object']}", stream="stdout", at=_moment(begun))
    if ended:
        words = (action["state"], action.get("detail"))
        text = ": ".join(str(word) for word in words if word)
        yield Line(text=text, stream="stdout", at=_moment(ended))


def _moment(date: object) -> datetime:
    return parsedate_to_datetime(str(date))
