"""Ten of fifty destinations hang; the other forty must not notice. Real sockets, the real clock."""

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event, Thread

import pytest

from reactor.clock import monotonic, utc_now
from tests.builders import a_delivery
from tests.crash.sinks import black_hole, sink
from tests.delivery.world import World

HEALTHY, HANGING = 40, 10
ROUNDS, PROMISES, PAUSE = 5, 150, 0.02
"""Promises of a round: one to each healthy destination in turn, and as many more to ten others,
every PAUSE seconds. What is compared is how long they take beside others that hang, and beside
others that do not: the journal has the same to do."""

NOISE = 0.003
"""Seconds by which two percentiles of the same do differ: a disk commits in 5 to 9 ms here, and one
that is waited for once more shows. What waits for a destination that hangs waits two seconds."""


@dataclass
class Load:
    """Promises to destinations in turn; keeps how long each healthy one took, in seconds."""

    world: World
    number: int = 0
    began: dict[str, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    all_done: Event = field(default_factory=Event)

    def promise(self, name: str) -> None:
        """One to this destination."""
        self.number += 1
        now, identity = utc_now(), f"{name}-{self.number}"
        moments = {"created_at": now, "promised_at": now, "due_at": now}
        short = {"timeout": timedelta(seconds=2)}
        delivery = a_delivery(id=identity, lane=name, destination=name, **moments, **short)
        if name.startswith("healthy"):
            self.began[identity] = monotonic()
        self.world.promise(delivery)

    def note(self, identity: str) -> None:
        """An attempt has ended."""
        if began := self.began.pop(identity, None):
            self.took.append(monotonic() - began)
            if not self.began:
                self.all_done.set()

    def round(self, *, with_hanging: bool) -> float:
        """The 99th percentile of what the healthy ones took."""
        self.took.clear()
        for number in range(PROMISES):
            self.all_done.clear()
            self.promise(f"healthy-{number % HEALTHY}")
            other = "hanging" if with_hanging else "other"
            self.promise(f"{other}-{number % HANGING}")
            self.all_done.wait(PAUSE)
            Event().wait(PAUSE)
        assert self.all_done.wait(10)
        return statistics.quantiles(self.took, n=100)[98]


@pytest.mark.long
def test_destinations_that_hang_do_not_change_how_long_the_others_take(tmp_path):
    world = World(tmp_path)
    world.dispatcher.now = utc_now
    load = Load(world)
    world.dispatcher.on_attempt = lambda delivery, *_: load.note(delivery.id)
    with ExitStack() as servers:
        healthy = [servers.enter_context(sink(lambda _: None)) for _ in range(HEALTHY)]
        others = [servers.enter_context(sink(lambda _: None)) for _ in range(HANGING)]
        hanging = [servers.enter_context(black_hole()) for _ in range(HANGING)]
        world.send_to(
            **{f"healthy-{number}": url for number, url in enumerate(healthy)},
            **{f"other-{number}": url for number, url in enumerate(others)},
            **{f"hanging-{number}": url for number, url in enumerate(hanging)},
        )
        running = Thread(target=world.dispatcher.run)
        running.start()
        load.round(with_hanging=False)  # connections are made
        pairs = [
            (load.round(with_hanging=False), load.round(with_hanging=True)) for _ in range(ROUNDS)
        ]
        world.dispatcher.stop()
        running.join(20)
    world.close()

    alone, beside = (statistics.median(each) for each in zip(*pairs, strict=True))
    assert beside <= alone * 1.1 + NOISE, f"{alone * 1000:.1f} ms became {beside * 1000:.1f} ms"
