"""What the Docker source says, taken into the register."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from reactor.hub.docker.baseline import lay
from reactor.hub.docker.holding import Holding
from reactor.hub.docker.inspection import Inspection, from_facts
from reactor.hub.docker.news import News, read_news
from reactor.hub.docker.register import Register
from reactor.hub.docker.survey import inspect, machines, specifications, survey
from reactor.hub.states import State
from reactor.model.errors import SourceLost
from reactor.model.event import Frame as SourceFrame
from reactor.platforms.docker.answers import number, text
from reactor.platforms.docker.client import Client, Gone, Refusal
from reactor.platforms.docker.engine import Engine
from reactor.platforms.docker.objects import node_of, swarm_node, swarm_service

_UNCHANGING = (State.STOPPING, State.TERMINATED)
"""In these a container is as it was last inspected: of one that is gone nothing can be asked."""

T = TypeVar("T")


class Ear:
    """Satisfies `protocols.Feed`, for the source's thread. What a frame is about is inspected
    before clients hear of it, so that whoever then asks is told what is true."""

    def __init__(self, client: Client, holding: Holding) -> None:
        self._client, self._holding = client, holding
        self._engine: Engine | None = None

    def connected(self) -> None:
        """The engine is there: when it is met for the first time all that it has is taken in, later
        the source tells what has changed. Blocks while it is asked. Raises SourceLost."""
        try:
            found = survey(self._client)
        except (Gone, Refusal) as error:
            raise SourceLost(f"{self._client.address}: {error}") from error
        is_stranger = self._engine is None or self._engine.id != found.engine.id
        self._engine = found.engine
        with self._holding.changing() as register:
            register.api = found.engine.api
            if is_stranger:
                register.clear()
                lay(register, found, self._holding.now())

    def forget(self) -> None:
        """Meet the engine as if for the first time at the next connection: until then frames are
        passed over, and so is what they would have told."""
        self._engine = None

    def put(self, frame: SourceFrame) -> None:
        """Tell the clients. Blocks while the engine is asked, for seconds at most."""
        news = read_news(frame)
        if news is None or self._engine is None:
            return
        learn = self._learned(news, self._engine)
        with self._holding.changing() as register:
            if learn:
                learn(register)
            register.take(news)

    def offer(self, frame: SourceFrame) -> bool:
        """As `put`: there is always room."""
        self.put(frame)
        return True

    def remember(self, values: Mapping[str, object]) -> None:
        """Nothing is kept: a hub's clients list everything when they connect."""

    def recall(self) -> Mapping[str, object]:
        """Nothing was kept."""
        return {}

    def say(self, text: str) -> None:
        """The supervisor writes it: it goes no further."""

    def _learned(self, news: News, engine: Engine) -> Callable[[Register], None] | None:
        """What the engine says of it now, to be laid into the register."""
        match news.kind:
            case "container":
                found = None if news.state in _UNCHANGING else self._inspected(news, engine)
                return lambda register: _learn_container(register, news, found)
            case "service":
                services = self._asked(lambda: specifications(self._client, engine)) or {}
                for service in services.values():
                    if swarm_service(service.id, service.name).uuid == news.uuid:
                        return lambda register: register.specifications.update({news.uuid: service})
            case "node":
                nodes = self._asked(lambda: machines(self._client, engine)) or {}
                for node_id, machine in nodes.items():
                    if swarm_node(node_id, "", engine).uuid == news.uuid != node_of(engine).uuid:
                        return lambda register: register.machines.update({news.uuid: machine})
        return None

    def _inspected(self, news: News, engine: Engine) -> Inspection | None:
        """None also of what runs on another node: its own engine would have to be asked."""
        if node_of(engine).uri not in news.parents:
            return None
        docker_id = text(news.facts, "container", "docker_id")
        return self._asked(lambda: inspect(self._client, engine, docker_id))

    def _asked(self, ask: Callable[[], T]) -> T | None:
        """None when the engine does not say: the frame is true all the same."""
        try:
            return ask()
        except (Gone, Refusal):
            return None


def _learn_container(register: Register, news: News, found: Inspection | None) -> None:
    """The frame knows how its run ended; what is inspected may be a later one already."""
    if news.state in _UNCHANGING and (
        news.uuid in register.containers or news.state == State.TERMINATED
    ):
        return
    known = found or from_facts(news.facts, register.containers.get(news.uuid))
    if news.state == State.STOPPED:
        container = replace(
            known.container,
            exit_code=number(news.facts, "container", "exit_code"),
            finished_at=known.container.finished_at or news.at,
        )
        known = replace(known, container=container)
    register.containers[news.uuid] = known
