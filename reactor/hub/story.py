"""What happens in the simulated fleet by itself: a minute of crashes, and a node that is lost."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from reactor.hub.fleet import NotAllowed
from reactor.hub.simulated import SimulatedFleet

_STRAY = 0.4
"""Seconds by which the seed moves each cue, either way."""

_CRASHES = {
    137: "is killed: exit code 137",
    1: "crashes: exit code 1",
    0: "ends as it should: exit code 0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Something that happens `at` that long after the start. `perform` does it and returns a
    sentence that tells it, or None when there was nothing to do it to."""

    at: timedelta
    perform: Callable[[SimulatedFleet], str | None]


def cues(seed: int) -> tuple[Cue, ...]:
    """The story of about a minute, the same for the same seed. The crashes of `web` are far enough
    from each other for a redeploy between them."""
    chance = Random(seed)  # noqa: S311 -- chance that must repeat itself, no secret
    plot = (
        (3, _crash("web", 137, chance)),
        (11, _crash("web", 1, chance)),
        (18, _crash("backup", 0, chance)),
        (23, _crash("web", 137, chance)),
        (30, _crash("db", 1, chance)),
        (35, _lose),
        (40, _crash("web", 1, chance)),
        (47, _recover),
        (53, _crash("web", 137, chance)),
    )
    return tuple(
        Cue(at=timedelta(seconds=second + chance.uniform(-_STRAY, _STRAY)), perform=perform)
        for second, perform in plot
    )


class Story:
    """The cues of a seed, performed on a fleet as time goes on from `start`. At a pace of 0.5 they
    come twice as fast; what follows from each takes its own time."""

    def __init__(self, *, seed: int, start: datetime, pace: float = 1.0) -> None:
        self._start, self._pace = start, pace
        self._left = list(cues(seed))

    def next_due(self) -> datetime | None:
        """When the next cue is due; None at the end."""
        return self._start + self._left[0].at * self._pace if self._left else None

    def perform(self, fleet: SimulatedFleet, now: datetime) -> list[str]:
        """Brings the fleet to `now` with all that is due until then, each cue at its own time;
        returns a sentence for each thing that happened."""
        told = []
        while (due := self.next_due()) and due <= now:
            fleet.advance(due)
            told.append(self._left.pop(0).perform(fleet))
        fleet.advance(now)
        return [sentence for sentence in told if sentence]


def _crash(service: str, exit_code: int, chance: Random) -> Callable[[SimulatedFleet], str | None]:
    """The end of a running container of the service, whichever then runs: its UUIDs change with
    every redeploy."""
    pick = chance.randrange(1 << 16)

    def perform(fleet: SimulatedFleet) -> str | None:
        running = fleet.running(service)
        if not running:
            return None
        uuid = running[pick % len(running)]
        try:
            fleet.crash(uuid, exit_code)
        except NotAllowed:  # a call to stop it came first
            return None
        name = fleet.find("container", uuid)["name"]
        return f"{name} {_CRASHES[exit_code]}"

    return perform


def _lose(fleet: SimulatedFleet) -> str:
    node = fleet.objects("node")[-1]
    fleet.lose(str(node["uuid"]))
    return f"{node['nickname']} cannot be reached any more"


def _recover(fleet: SimulatedFleet) -> str:
    node = fleet.objects("node")[-1]
    fleet.recover(str(node["uuid"]))
    return f"{node['nickname']} is back"
