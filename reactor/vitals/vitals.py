"""All that the service tells of itself, in one place to ask."""

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime

from reactor import __version__
from reactor.journal.standing import Standing, standing
from reactor.observe.exposition import exposition
from reactor.vitals.figures import figures
from reactor.vitals.health import HUNG, Parts, hung, unready
from reactor.vitals.status import journal_status, service_status
from reactor.vitals.tally import Tally


class Vitals:
    """May be asked from any thread."""

    def __init__(self, parts: Parts, tally: Tally, now: Callable[[], datetime]) -> None:
        self._parts, self._tally, self._now = parts, tally, now

    @property
    def is_started(self) -> bool:
        """Whether the sources were started."""
        return self._parts.is_started()

    def hung(self, patience: float = HUNG) -> Mapping[str, str]:
        """The parts that are not heard of for more than `patience` seconds though they should be:
        only a restart could help. Does not block."""
        return hung(self._parts, patience)

    def unready(self) -> Mapping[str, str]:
        """The parts that do not work as they should, and why. Does not block."""
        return unready(self._parts)

    def exposition(self) -> bytes:
        """The metrics as Prometheus reads them. Blocks for a read; raises JournalUnavailable."""
        samples = figures(self._parts, self._tally, self._standing(), self._now())
        return exposition(self._tally.tallies, samples)

    def status(self) -> dict[str, object]:
        """What `reactor status` prints. Blocks for a read; raises JournalUnavailable."""
        rules, now = [rule.name for rule in self._tally.ruleset.rules], self._now()
        return {
            "version": __version__,
            "pid": os.getpid(),
            **service_status(self._parts, self._tally, now),
            **journal_status(self._standing(), rules, now),
        }

    def _standing(self) -> Standing:
        with closing(self._parts.reader()) as reader:
            return standing(reader)
