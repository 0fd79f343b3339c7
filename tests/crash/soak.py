"""Hours of load under kills and faults, judged by what senders and endpoint wrote down.

`python -m tests.crash.soak [--hours H] [--seed N]`, also as `make soak HOURS=8`. It uses no
docker, no network and no root; its files stay in /var/tmp when it fails.
"""

import argparse
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random, randrange
from tempfile import mkdtemp
from threading import Event
from time import monotonic

from tests.crash.callers import Acknowledged, calling, finish
from tests.crash.judge import Case, faults, read_case
from tests.crash.load import HOOK, rude, write_rules
from tests.crash.marks import unwritable
from tests.endpoint import Answer, listening, read_ledger
from tests.service import Service, free_port

CALLERS, PAUSE = 4, 0.1
"""About 40 events a second: a night of them fits into the memory of the judge."""

LONGEST_LIFE = 30.0
CALM = 900.0
"""Seconds that the last life may take: a destination that was paused is tried seldom."""


class Weather:
    """How the endpoint is: rude, and during a storm it takes nothing."""

    def __init__(self, seed: int) -> None:
        self._rude, self._until = rude(seed), 0.0

    def __call__(self, number: int) -> Answer:
        return Answer(503) if monotonic() < self._until else self._rude(number)

    def storm(self, seconds: float) -> None:
        """From now on, for so long."""
        self._until = monotonic() + seconds


@dataclass(slots=True)
class Soak:
    """One run. `done` counts what was done to the service, `peak` is its largest resident size
    so far, in MB."""

    folder: Path
    chance: Random
    weather: Weather
    done: Counter[str] = field(default_factory=Counter)
    peak: float = 0.0

    def live(self, service: Service) -> None:
        """One life of the service, in which a fault comes or none, and its end."""
        service.hears("running")
        rest = Event()
        rest.wait(self.chance.uniform(0, LONGEST_LIFE / 2))
        self._do(
            self.chance.choice((self._reload, self._storm, self._lock, self._nothing)), service
        )
        rest.wait(self.chance.uniform(0, LONGEST_LIFE / 2))
        self.peak = max(self.peak, _peak_megabytes(service.pid))
        self._do(self.chance.choice((self._kill, self._kill, self._kill, self._stop)), service)

    def _do(self, what: Callable[[Service], None], service: Service) -> None:
        what(service)
        self.done[what.__name__.strip("_")] += 1

    def _reload(self, service: Service) -> None:
        service.reload()

    def _storm(self, _: Service) -> None:
        self.weather.storm(self.chance.uniform(1, 20))

    def _lock(self, _: Service) -> None:
        with unwritable(self.folder / "data"):
            Event().wait(self.chance.uniform(0, 8))

    def _nothing(self, _: Service) -> None:
        pass

    def _kill(self, service: Service) -> None:
        service.kill()

    def _stop(self, service: Service) -> None:
        assert service.stop() == 0

    def case(self) -> Case:
        """All that is known by now."""
        taken = Acknowledged(self.folder / "taken").ids
        return read_case(self.folder / "data", taken, read_ledger(self.folder / "ledger"))


def _peak_megabytes(pid: int) -> float:
    """VmHWM, which the kernel keeps (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


def soak(folder: Path, seconds: float, seed: int) -> list[str]:
    """Run for so long, and a little longer; every broken promise that was found."""
    weather, port = Weather(seed), free_port()
    run, ledger = Soak(folder, Random(seed), weather), Acknowledged(folder / "taken")
    options = (folder / "data", "--http", f"127.0.0.1:{port}")
    with (
        listening(folder / "ledger", weather) as endpoint,
        calling(("127.0.0.1", port), ledger, CALLERS, pause=PAUSE) as callers,
    ):
        rules, end = write_rules(folder, endpoint.url, HOOK), monotonic() + seconds
        while monotonic() < end:
            with Service(rules, *options) as service:
                run.live(service)
            say(f"{max(0.0, end - monotonic()) / 60:5.1f} min left: {told(run, ledger)}")
        with Service(rules, *options) as service:
            finish(service, callers, run.case, CALM)
    case = run.case()
    say(f"{told(run, ledger)}, {len(case.fired)} firings, {case.duplicates} heard twice")
    return faults(case, rules=2)


def told(run: Soak, ledger: Acknowledged) -> str:
    """How hard it was so far."""
    what = ", ".join(f"{count} {name}" for name, count in sorted(run.done.items()))
    return f"{what}; {len(ledger.ids)} events acknowledged, at most {run.peak:.0f} MB"


def say(text: str) -> None:
    """At once, for whoever watches."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Soak, and exit with 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=1 / 6)
    parser.add_argument("--seed", type=int, default=randrange(1_000_000))
    asked = parser.parse_args()
    folder = Path(mkdtemp(prefix="reactor-soak-", dir="/var/tmp"))
    say(f"seed {asked.seed}, in {folder}")
    found = soak(folder, asked.hours * 3600, asked.seed)
    for fault in found:
        say(f"broken: {fault}")
    if found:
        sys.exit(1)
    shutil.rmtree(folder)
    say("nothing was lost")


if __name__ == "__main__":
    main()
