"""What a docker source tells of a real engine, kept by the real supervisor, and waiting for it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from reactor.clock import monotonic, utc_now
from reactor.model.event import Frame
from reactor.model.problem import Place
from reactor.model.rule import SourceSpec
from reactor.sources.enginestream import DockerSource
from reactor.sources.supervise import Supervisor, World
from tests.fakes import PATIENCE, RecordingFeed

_SHORT_PAUSES = 0.005
"""As jitter: a source that was lost again and again is tried after 0.3 s at most."""

Key = tuple[int, str, str]
"""What tells an engine's events apart: time in nanoseconds, id and action."""


@dataclass(frozen=True, slots=True)
class Told:
    """One frame: what it says, and the facts beside it."""

    frame: Mapping[str, object]
    facts: Mapping[str, object] = field(default_factory=dict)

    def get(self, path: str) -> object:
        """A field of the record that rules see, by its dotted path; None where there is none."""
        found: object = {**self.frame, **self.facts}
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found

    def __str__(self) -> str:
        words = ("type", "container.name", "docker.Action", "state", "cause")
        return " ".join(str(self.get(path)) for path in words)

    @property
    def evidence(self) -> list[str]:
        """The sentences that prove the cause."""
        sentences = self.get("cause_evidence")
        return [str(each) for each in sentences] if isinstance(sentences, list) else []


class Watched:
    """All that the source tells, through its feed."""

    def __init__(self, feed: RecordingFeed) -> None:
        self.feed = feed

    def all(self, wanted: Callable[[Told], bool] = lambda _: True) -> list[Told]:
        """What was told so far and is wanted."""
        return [each for each in map(read, list(self.feed.puts)) if wanted(each)]

    def wait(self, wanted: Callable[[Told], bool], count: int = 1) -> list[Told]:
        """All that is wanted, as soon as there is so much of it."""
        seen: list[Told] = []

        def enough(puts: list[Frame]) -> bool:
            seen.extend(map(read, puts[len(seen) :]))
            return sum(map(wanted, seen)) >= count

        try:
            self.feed.wait_until(enough)
        except AssertionError:
            raise AssertionError([*map(str, seen), *self.feed.said]) from None
        return [each for each in seen if wanted(each)]

    def settle(self, poke: Callable[[], object]) -> None:
        """Return when all containers that there are were listed once."""
        settle(lambda: "baseline" in self.feed.kept, poke)

    def of(self, container: str, **fields: object) -> Told:
        """The first frame about a container with these values; `__` in a name stands for a dot."""
        wanted: dict[str, object] = {"container.docker_id": container}
        wanted |= {name.replace("__", "."): value for name, value in fields.items()}
        return self.wait(lambda told: has(told, wanted))[0]


def read(put: Frame) -> Told:
    """A frame as rules will see it."""
    return Told(json.loads(put.raw), put.facts)


def has(told: Told, wanted: Mapping[str, object]) -> bool:
    """Whether a frame has all these values, by their paths."""
    return all(told.get(path) == value for path, value in wanted.items())


def settle(is_settled: Callable[[], bool], poke: Callable[[], object]) -> None:
    """Return when a source is known to have listed all containers once. It waits for a quiet second
    before it does, or ten that are not; what `poke` makes happen then brings the word along."""
    clock = Event()
    for _ in range(int(PATIENCE)):
        if is_settled():
            return
        poke()
        clock.wait(1.5)
    raise AssertionError("there never was a first listing")


def key_of(event: Mapping[str, object]) -> Key:
    """The key of an engine's event."""
    actor, nano = event["Actor"], event["timeNano"]
    assert isinstance(actor, Mapping)
    assert isinstance(nano, int)
    return nano, str(actor["ID"]), str(event["Action"])


@contextmanager
def watching(host: str, kept: Mapping[str, object] | None = None) -> Iterator[Watched]:
    """A source that is connected, and again whenever it is lost, until the block is left; with what
    the journal has `kept` of one before."""
    feed, source = RecordingFeed(kept=dict(kept or {})), DockerSource({"host": host}, {})
    spec = SourceSpec(name="local", type="docker", options={}, place=Place("rules.yaml", 1, 1))
    world = World(
        now=utc_now,
        monotonic=monotonic,
        jitter=lambda: _SHORT_PAUSES,
        log=feed.say,
        on_refused=lambda _: None,
    )
    stop, supervisor = Event(), Supervisor(spec, source, feed, world)
    thread = Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        assert feed.subscribed.wait(PATIENCE), feed.said
        yield Watched(feed)
    finally:
        stop.set()
        thread.join(PATIENCE)
