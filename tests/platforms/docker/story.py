"""A story of one engine for its model: events by the second, and what comes of them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from reactor.platforms.docker.engine import (
    Engine,
    ListedContainer,
    ListedNode,
    ListedService,
    Listing,
    Swarm,
)
from reactor.platforms.docker.events import parse_event
from reactor.platforms.docker.model import Model
from reactor.platforms.docker.waiting import Answer, Ask

BEGIN = datetime(2031, 5, 6, 10, 20, tzinfo=UTC)
ENGINE = Engine(id="4O5R", name="dock", version="20.10.24", api="/v1.41")
MANAGER = Engine(
    id="4O5R",
    name="dock",
    version="20.10.24",
    api="/v1.41",
    swarm=Swarm(node_id="node-1", is_manager=True, cluster_id="cluster-1", cluster_name="default"),
)
COMPOSE = {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}
SWARM = {
    "com.docker.swarm.service.id": "svc1",
    "com.docker.swarm.service.name": "shop_web",
    "com.docker.stack.namespace": "shop",
}
NOTHING = Answer()


def at(seconds: float) -> datetime:
    """So many seconds after the beginning."""
    return BEGIN + timedelta(seconds=seconds)


def an_event(
    action: str,
    container: str = "c0ffee",
    seconds: float = 0.0,
    *,
    kind: str = "container",
    **told: str,
) -> dict[str, object]:
    """An event as an engine writes it; `told` are attributes, with `_` for dots."""
    nano = int(at(seconds).timestamp() * 1000) * 10**6
    attributes = {"image": "nginx:1.27", "name": f"{container}-1", **told}
    return {
        "Type": kind,
        "Action": action,
        "Actor": {"ID": container, "Attributes": attributes},
        "scope": "local",
        "time": nano // 10**9,
        "timeNano": nano,
    }


def a_container(name: str = "c0ffee", state: str = "Running", **said: object) -> ListedContainer:
    """A container as it is listed."""
    given = {"id": name, "name": f"{name}-1", "image": "nginx:1.27", "state": state, **said}
    return ListedContainer(**given)  # type: ignore[arg-type]  # a test's own values


class Told:
    """A frame, to be looked at: its fields, with the facts beside them."""

    def __init__(
        self, raw: bytes, facts: Mapping[str, object], remember: Mapping[str, object]
    ) -> None:
        self.data = json.loads(raw)
        self.facts, self.remember = facts, remember

    @property
    def line(self) -> tuple[object, ...]:
        """What it is about, in short: type, state, cause, planned."""
        return (
            self.data["type"],
            self.data.get("state"),
            self.facts.get("cause"),
            self.facts.get("planned"),
        )


class Story:
    """Events in, frames out."""

    def __init__(
        self,
        engine: Engine = ENGINE,
        kept: Mapping[str, object] | None = None,
        wishes: frozenset[str] = frozenset(),
        *,
        answers: Answer | None = NOTHING,
    ) -> None:
        """What the model asks is answered with `answers` at once; None: never. `asked` is what it
        asked, `end` the second of the last event."""
        self.model = Model(engine, kept or {}, wishes)
        self.kept: dict[str, object] = dict(kept or {})
        self.asked: list[Ask] = []
        self.end = 0.0
        self._answers = answers

    def tell(self, *events: dict[str, object]) -> list[Told]:
        """The frames after these events."""
        for each in events:
            event = parse_event(each)
            assert event is not None
            self.model.take(event)
            self.end = max(self.end, (event.at - BEGIN).total_seconds())
            self._answer(event.at)
        return self.told()

    def answered(self) -> list[Told]:
        """The frames after the answers to what was asked meanwhile."""
        self._answer(at(self.end))
        return self.told()

    def _answer(self, now: datetime) -> None:
        asks, self.model.asks = self.model.asks, []
        self.asked += asks
        for ask in asks:
            if self._answers is not None:
                self.model.answered(ask, self._answers, now)

    def wait(self, seconds: float) -> list[Told]:
        """The frames when it is so late and nothing more was told."""
        self.model.pass_time(at(seconds))
        return self.told()

    def listed(
        self,
        *containers: ListedContainer,
        seconds: float = 100.0,
        services: Sequence[ListedService] | None = None,
        nodes: Sequence[ListedNode] | None = None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> list[Told]:
        """The frames after a listing of these, without those that were told `meanwhile`."""
        self.model.begin_listing()
        meanwhile()
        listing = Listing(
            began_at=at(seconds),
            ended_at=at(seconds),
            containers=containers,
            services=None if services is None else tuple(services),
            nodes=None if nodes is None else tuple(nodes),
        )
        self.model.compare(listing)
        told = self.told()
        self.kept.update(self.model.remember())
        return told

    def told(self) -> list[Told]:
        """The frames since this was asked last; the journal keeps what goes with them."""
        made = [Told(frame.raw, frame.facts, frame.remember) for frame in self.model.frames()]
        for each in made:
            self.kept.update(each.remember)
        return made

    def again(self) -> "Story":
        """The same after a restart: with what the journal has kept."""
        kept = {key: value for key, value in self.kept.items() if value is not None}
        return Story(self.model.engine, json.loads(json.dumps(kept)), answers=self._answers)
