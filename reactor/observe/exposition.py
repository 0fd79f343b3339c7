"""The metrics as Prometheus reads them. The only home of prometheus_client."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from reactor.observe.metrics import METRICS, Kind, Labels
from reactor.observe.tallies import Tallies

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family

Samples = Iterable[tuple[str, Labels, float]]
"""Names of METRICS with their labels' values and a value each."""


def exposition(tallies: Tallies, samples: Samples) -> bytes:
    """What was counted, and these, as Prometheus reads it."""
    # Only who is scraped needs it: it costs 40 ms at start.
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.process_collector import ProcessCollector

    families = list(_families(tallies, samples))
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Collected:
    """A collector in the sense of prometheus_client, of what was collected before."""

    def __init__(self, families: Iterable["Family"]) -> None:
        self._families = families

    def collect(self) -> Iterable["Family"]:
        return self._families


def _families(tallies: Tallies, samples: Samples) -> Iterator["Family"]:
    """Every metric of the table, also those without a sample: a query finds its name."""
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
    )

    plain = {
        name: (CounterMetricFamily if row.kind is Kind.COUNTER else GaugeMetricFamily)(
            name, row.about, labels=row.labels
        )
        for name, row in METRICS.items()
        if row.kind is not Kind.HISTOGRAM
    }
    for name, labels, value in (*samples, *tallies.samples()):
        plain[name].add_metric(labels, value)
    measured = {
        name: HistogramMetricFamily(name, row.about, labels=row.labels)
        for name, row in METRICS.items()
        if row.kind is Kind.HISTOGRAM
    }
    for name, labels, buckets, total in tallies.buckets():
        measured[name].add_metric(labels, buckets, total)
    yield from (*plain.values(), *measured.values())
