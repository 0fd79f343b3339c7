"""What the containers of a swarm's service have of it: its labels that are meant for reactor. Only
managers tell them. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from reactor.engine.runs import SETTLING
from reactor.platforms.docker.engine import Engine, Listing
from reactor.platforms.docker.known import Known
from reactor.platforms.docker.objects import SWARM_SERVICE, is_opted_out, meant_for_us
from reactor.platforms.docker.waiting import Ask


class Inherited:
    """Of one engine. For one thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._labels: dict[str, Mapping[str, str]] = {}
        self._asked: dict[str, datetime] = {}
        self._fresh = set[str]()

    def labels(self, own: Mapping[str, str]) -> dict[str, str]:
        """All labels of a container that has these: its own over those of its service."""
        return {**self._labels.get(own.get(SWARM_SERVICE, ""), {}), **own}

    def takes_out(self, own: Mapping[str, str]) -> bool:
        """Whether the owner of a container with these labels wants reactor to leave it alone."""
        return is_opted_out(self.labels(own))

    def takes_out_service(self, service_id: str) -> bool:
        """The same of a service itself."""
        return is_opted_out(self._labels.get(service_id, {}))

    def asks(self, service_id: str, now: datetime) -> tuple[Ask, ...]:
        """What the engine is to be asked where something is told of a service that nobody knows:
        the first frame waits for that."""
        if not self.engine.is_manager or not service_id:
            return ()
        if service_id in self._labels or service_id in self._asked:
            return ()
        self._asked[service_id] = now
        return (Ask(id=service_id, until=now, at=now, is_service=True),)

    def is_asked(self, service_id: str) -> bool:
        """Whether an answer is awaited."""
        return service_id in self._asked

    def is_worth_waiting(self, own: Mapping[str, str], now: datetime) -> bool:
        """Whether the answer may still come in time for a container with these labels."""
        asked_at = self._asked.get(own.get(SWARM_SERVICE, ""))
        return asked_at is not None and now < asked_at + SETTLING

    def learn(self, service_id: str, labels: Mapping[str, str]) -> None:
        """The answer; nothing where there was none, until the next listing tells more."""
        self._asked.pop(service_id, None)
        self._fresh.add(service_id)
        self._labels[service_id] = meant_for_us(labels)

    def give_up_asking(self) -> None:
        """No answer will come."""
        self._asked.clear()

    def begin_listing(self) -> None:
        """From now on answers may be newer than what will be listed."""
        self._fresh.clear()

    def compare(self, listing: Listing, known: Iterable[Known]) -> None:
        """What a manager listed. A service that is gone is known as long as there are containers of
        it, listed or `known`."""
        left = {each.labels.get(SWARM_SERVICE) for each in listing.containers}
        left |= {each.labels.get(SWARM_SERVICE) for each in known}
        kept = {each: labels for each, labels in self._labels.items() if each in left}
        fresh = {each: labels for each, labels in self._labels.items() if each in self._fresh}
        listed = {each.id: meant_for_us(each.labels) for each in listing.services or ()}
        self._labels = {**kept, **listed, **fresh}
