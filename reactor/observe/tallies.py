"""What is counted and measured as it happens, for the metrics that nobody else keeps."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from itertools import accumulate
from threading import Lock

from reactor.observe.metrics import METRICS, REMOVED, Labels


class _Histogram:
    """Numbers by buckets. `counts` has one more than `bounds`, for what is over the last."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds, self._counts = bounds, [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self.total += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound, and how many are not over it."""
        names = [*map(str, self._bounds), "+Inf"]
        return list(zip(names, accumulate(self._counts), strict=True))


class Tallies:
    """What is counted as it happens. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: Mapping[str, Collection[str]] = {}
        self._counts: defaultdict[str, Counter[Labels]] = defaultdict(Counter)
        self._histograms: defaultdict[str, dict[Labels, _Histogram]] = defaultdict(dict)
        self._kept: dict[tuple[str, Labels], Labels] = {}

    def keep(self, known: Mapping[str, Collection[str]]) -> None:
        """From now on these labels have these values and no others; what was counted for others is
        dropped, so that a thousand reloads leave no more behind than one."""
        with self._lock:
            self._known = known
            self._kept.clear()
            for name, counts in self._counts.items():
                self._counts[name] = Counter(
                    {each: count for each, count in counts.items() if self._is_known(name, each)}
                )
            for name, found in self._histograms.items():
                self._histograms[name] = {
                    each: histogram
                    for each, histogram in found.items()
                    if self._is_known(name, each)
                }

    def _is_known(self, name: str, labels: Labels) -> bool:
        return labels == self._bounded(name, labels)

    def _bounded(self, name: str, labels: Labels) -> Labels:
        """The labels, with REMOVED for what is not known. Worked out once for those that are."""
        kept = self._kept.get((name, labels))
        if kept is not None:
            return kept
        bounded = tuple(
            value if label not in self._known or value in self._known[label] else REMOVED
            for label, value in zip(METRICS[name].labels, labels, strict=True)
        )
        if bounded == labels:
            self._kept[name, labels] = labels
        return bounded

    def count(self, name: str, *labels: str) -> None:
        """One more."""
        with self._lock:
            self._counts[name][self._bounded(name, labels)] += 1

    def measure(self, name: str, seconds: float, *labels: str) -> None:
        """Something took so long."""
        with self._lock:
            found = self._histograms[name]
            bounded = self._bounded(name, labels)
            if bounded not in found:
                found[bounded] = _Histogram(METRICS[name].bounds)
            found[bounded].add(seconds)

    def samples(self) -> list[tuple[str, Labels, float]]:
        """What was counted."""
        with self._lock:
            return [
                (name, labels, count)
                for name, counts in self._counts.items()
                for labels, count in counts.items()
            ]

    def buckets(self) -> list[tuple[str, Labels, list[tuple[str, float]], float]]:
        """What was measured: the buckets, and the sum in seconds."""
        with self._lock:
            return [
                (name, labels, histogram.buckets(), histogram.total)
                for name, found in self._histograms.items()
                for labels, histogram in found.items()
            ]
