"""The values of the metrics at one moment, but for those that are counted as things happen."""

from collections.abc import Iterator
from datetime import datetime

from reactor import __version__
from reactor.journal.standing import Standing
from reactor.model.match import Reason
from reactor.observe.metrics import Labels
from reactor.sources.supervise import SourceState
from reactor.vitals.health import Parts, unready
from reactor.vitals.tally import Tally

Sample = tuple[str, Labels, float]


def figures(parts: Parts, tally: Tally, standing: Standing, now: datetime) -> Iterator[Sample]:
    """Each with its name and the values of its labels (observe/metrics.py)."""
    yield "reactor_build_info", (__version__,), 1
    yield "reactor_ready", (), not unready(parts)
    yield "reactor_journal_writable", (), parts.writer.trouble is None
    yield "reactor_journal_reserve", (), parts.reserve.is_there
    yield "reactor_journal_bytes", (), standing.bytes
    yield "reactor_events_waiting", (), parts.waiting()
    yield "reactor_events_parked", (), parts.parked()
    yield "reactor_config_last_reload_successful", (), tally.is_current
    adopted = tally.adopted_at.timestamp()
    yield "reactor_config_last_reload_success_timestamp_seconds", (), adopted
    yield from _sources(parts, tally)
    yield from _destinations(parts, tally)
    yield from _journal(tally, standing)
    yield from _time(parts, tally, standing, now)
    yield "reactor_outbox_oldest_age_seconds", (), _age(standing.oldest, now)


def _age(oldest: datetime | None, now: datetime) -> float:
    """In seconds; the clock may have been set back since."""
    return max((now - oldest).total_seconds(), 0.0) if oldest else 0.0


def _sources(parts: Parts, tally: Tally) -> Iterator[Sample]:
    for status in parts.statuses():
        labels = (status.name,)
        yield "reactor_source_connected", labels, status.state is SourceState.CONNECTED
        yield "reactor_source_connections_total", labels, status.connections
    for name, at in tally.last_events().items():
        yield "reactor_source_last_event_timestamp_seconds", (name,), at.timestamp()


def _destinations(parts: Parts, tally: Tally) -> Iterator[Sample]:
    """Of what has no name in the rule file only those that are paused."""
    paused = parts.paused()
    for lane in {**dict.fromkeys(tally.ruleset.destinations), **paused}:
        yield "reactor_destination_paused", (lane,), lane in paused


def _journal(tally: Tally, standing: Standing) -> Iterator[Sample]:
    """Of the journal's totals those of the present rules: it keeps every name there ever was."""
    yield "reactor_outbox_pending", (), standing.pending
    yield "reactor_dead_letters", (), standing.dead
    yield "reactor_events_quarantined", (), standing.quarantined
    for name, totals in standing.sources.items():
        if name in tally.ruleset.sources:
            yield "reactor_events_received_total", (name,), totals.events
            yield "reactor_events_duplicate_total", (name,), totals.duplicates
            yield "reactor_events_rejected_total", (name,), totals.rejected
    present = {(rule.name, each.name) for rule in tally.ruleset.rules for each in rule.actions}
    for (rule, action, reason), count in standing.evaluations.items():
        if (rule, action) not in present:
            continue
        if reason is Reason.WAITING:  # provisional: it would count down, as no counter may
            yield "reactor_evaluations_waiting", (rule, action), count
        else:
            yield "reactor_evaluations_total", (rule, action, reason), count
    for (rule, action, reason), count in standing.timers.items():
        if (rule, action) in present:
            yield "reactor_timer_firings_total", (rule, action, reason), count


def _time(parts: Parts, tally: Tally, standing: Standing, now: datetime) -> Iterator[Sample]:
    """What gates keep, and until when firings are held back."""
    keys = parts.keys()
    yield "reactor_timers", (), parts.timers()
    for rule in tally.ruleset.rules:
        if rule.name in keys:
            yield "reactor_memory_keys", (rule.name,), keys[rule.name]
    yield "reactor_incidents_open", (), standing.incidents
    yield "reactor_silences_active", (), standing.silenced(now)
