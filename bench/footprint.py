"""What reactor takes before anything happens: memory, and time to start."""

from collections.abc import Iterator

from bench.figures import Figure
from bench.mix import FIRING_RULE, mixed_rules, rule_file
from bench.process import family, pause, reactor, resident_megabytes, workplace
from tests.fake_engine import fake_engine

RUNS = 3
RULES = 1_000
SETTLE_SECONDS = 0.5  # the reader is a process of its own, and starts after /healthz says 200


def memory() -> Iterator[Figure]:
    """Resident memory with a Docker source that is connected, and nothing happening."""
    runs = [_resident() for _ in range(RUNS)]
    for name, values in zip(("reactor", "its Docker reader"), zip(*runs, strict=True), strict=True):
        yield Figure(
            name=f"memory when idle, {name}", unit="MB", values=values, budget="≤ 100 together"
        )


def _resident() -> tuple[float, float]:
    with fake_engine() as engine, workplace() as folder:
        sources = f"version: 1\nsources: {{local: {{type: docker, host: '{engine.url}'}}}}\n"
        destinations = "destinations: {sink: {type: webhook, url: 'http://127.0.0.1:9/'}}\n"
        rules = f"{sources}{destinations}rules:\n{FIRING_RULE}"
        with reactor(rules, folder) as running:
            engine.asked.wait(SETTLE_SECONDS)
            pause(SETTLE_SECONDS)
            main, reader = map(resident_megabytes, family(running.pid))
            return main, reader


def start() -> Iterator[Figure]:
    """From launch until /healthz says 200: the sources are started, the journal is open."""
    yield Figure(
        name=f"start, {RULES:,} rules of the mix",
        unit="s",
        values=tuple(_start_seconds() for _ in range(RUNS)),
        budget="≤ 1",
    )


def _start_seconds() -> float:
    with workplace() as folder:
        rules = rule_file(mixed_rules(RULES), fifo="/dev/null", sink_port=9)
        with reactor(rules, folder) as running:
            return running.start_seconds
