"""The table of all metrics there are: what each is called, what labels it has, what it means.

A label is a name of the rule file, a reason or an outcome; never a field of an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Labels = tuple[str, ...]
"""The values of a metric's labels, in the order of its row in the table."""


class Kind(StrEnum):
    """How Prometheus treats a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A row of the table. `bounds` are those of a histogram's buckets, in seconds."""

    kind: Kind
    about: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_TRY = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

METRICS: Mapping[str, Metric] = {
    "reactor_build_info": Metric(
        kind=Kind.GAUGE, labels=("version",), about="1; the label says which reactor runs."
    ),
    "reactor_ready": Metric(
        kind=Kind.GAUGE, about="1 while events are taken and deliveries move, as /readyz says."
    ),
    "reactor_events_received_total": Metric(
        kind=Kind.COUNTER, labels=("source",), about="Events journaled, since the journal began."
    ),
    "reactor_events_duplicate_total": Metric(
        kind=Kind.COUNTER, labels=("source",), about="Frames of events that were known already."
    ),
    "reactor_events_rejected_total": Metric(
        kind=Kind.COUNTER, labels=("source",), about="Frames that cannot be events."
    ),
    "reactor_events_gaps_total": Metric(
        kind=Kind.COUNTER,
        labels=("source",),
        about="Gaps since the start: here events may have been lost.",
    ),
    "reactor_events_waiting": Metric(
        kind=Kind.GAUGE, about="Frames received that are not decided yet."
    ),
    "reactor_events_parked": Metric(
        kind=Kind.GAUGE, about="Events accepted that wait for a lookup."
    ),
    "reactor_events_quarantined": Metric(
        kind=Kind.GAUGE, about="Events that no rule could decide, and that wait for a mended one."
    ),
    "reactor_source_connected": Metric(
        kind=Kind.GAUGE, labels=("source",), about="1 while the source is subscribed."
    ),
    "reactor_source_connections_total": Metric(
        kind=Kind.COUNTER, labels=("source",), about="How often the source was connected."
    ),
    "reactor_source_last_event_timestamp_seconds": Metric(
        kind=Kind.GAUGE,
        labels=("source",),
        about="When the source's last event was received; absent before the first.",
    ),
    "reactor_evaluations_total": Metric(
        kind=Kind.COUNTER,
        labels=("rule", "action", "reason"),
        about="What became of matches for good, since the journal began.",
    ),
    "reactor_evaluations_waiting": Metric(
        kind=Kind.GAUGE,
        labels=("rule", "action"),
        about="Matches that wait: with those of all reasons they are all there were.",
    ),
    "reactor_timer_firings_total": Metric(
        kind=Kind.COUNTER,
        labels=("rule", "action", "reason"),
        about="What became of firings of timers without an event, since the journal began.",
    ),
    "reactor_timers": Metric(kind=Kind.GAUGE, about="Timers of gates that wait for their time."),
    "reactor_memory_keys": Metric(
        kind=Kind.GAUGE,
        labels=("rule",),
        about="Keys that the gates of a rule remember something under.",
    ),
    "reactor_incidents_open": Metric(kind=Kind.GAUGE, about="Incidents that are not resolved."),
    "reactor_silences_active": Metric(
        kind=Kind.GAUGE, about="Silences that hold firings back now."
    ),
    "reactor_deliveries_total": Metric(
        kind=Kind.COUNTER,
        labels=("destination", "outcome"),
        about="Attempts by what followed: succeeded, retrying or dead.",
    ),
    "reactor_delivery_seconds": Metric(
        kind=Kind.HISTOGRAM,
        labels=("destination",),
        bounds=_TRY,
        about="How long one attempt took.",
    ),
    "reactor_destination_paused": Metric(
        kind=Kind.GAUGE,
        labels=("destination",),
        about="1 while the destination takes nothing and only probes go out.",
    ),
    "reactor_event_to_delivery_seconds": Metric(
        kind=Kind.HISTOGRAM,
        bounds=(*_TRY, 60.0, 300.0, 3600.0),
        about="From the decision, or a redelivery, to the attempt that succeeded.",
    ),
    "reactor_outbox_pending": Metric(
        kind=Kind.GAUGE, about="Deliveries promised and not yet made."
    ),
    "reactor_outbox_oldest_age_seconds": Metric(
        kind=Kind.GAUGE, about="How old the oldest of them is; 0 when there is none."
    ),
    "reactor_dead_letters": Metric(kind=Kind.GAUGE, about="Deliveries that were given up."),
    "reactor_journal_writable": Metric(
        kind=Kind.GAUGE, about="0 while the journal takes nothing, as on a full disk."
    ),
    "reactor_journal_bytes": Metric(
        kind=Kind.GAUGE, about="The size of the journal's file, without the log beside it."
    ),
    "reactor_journal_reserve": Metric(
        kind=Kind.GAUGE, about="0 while the disk has no room for the reserve."
    ),
    "reactor_config_last_reload_successful": Metric(
        kind=Kind.GAUGE, about="0 while the rules that run are older than the rule file."
    ),
    "reactor_config_last_reload_success_timestamp_seconds": Metric(
        kind=Kind.GAUGE, about="When the rules that run were taken up."
    ),
}
"""Every metric of our own, by its name; docs/operations.md explains each. Beside them stand those
of the process, `process_…`, as every Prometheus client has them."""

REMOVED = "(removed)"
"""The label of what belongs to a name that the rule file no longer has."""
