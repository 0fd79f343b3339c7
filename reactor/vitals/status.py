"""What `reactor status` tells: plain values that go through the control socket as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from reactor.duration import format_duration, format_time
from reactor.engine.draft import MOST_KEYS
from reactor.journal.standing import Standing
from reactor.model.journal import Pause
from reactor.sources.supervise import SourceStatus
from reactor.vitals.health import Parts, unready
from reactor.vitals.tally import Tally


def journal_status(standing: Standing, rules: Iterable[str], now: datetime) -> dict[str, object]:
    """What the journal alone tells; `rules` are the names of the present ones."""
    last = standing.last_event
    return {
        "last_event": last
        and {"id": last.id, "source": last.source, "received_at": format_time(last.received_at)},
        "totals": {
            name: {
                "events": each.events,
                "duplicates": each.duplicates,
                "rejected": each.rejected,
            }
            for name, each in standing.sources.items()
        },
        "undecided": standing.undecided,
        "quarantined": standing.quarantined,
        "pending": standing.pending,
        "oldest_pending": format_time(standing.oldest) if standing.oldest else None,
        "dead_letters": standing.dead,
        "open_incidents": standing.incidents,
        "active_silences": standing.silenced(now),
        "journal_bytes": standing.bytes,
        "paused": [_paused(lane, pause) for lane, pause in standing.paused.items()],
        "never_fired": never_fired(standing, rules),
    }


def _paused(lane: str, pause: Pause) -> dict[str, object]:
    return {
        "destination": lane,
        "since": format_time(pause.since),
        "why": pause.why,
        "failures": pause.failures,
        "next_probe_at": format_time(pause.probe_at),
    }


def never_fired(standing: Standing, rules: Iterable[str]) -> list[str]:
    """The rules that have not fired since the journal began."""
    return [rule for rule in rules if rule not in standing.fired]


def service_status(parts: Parts, tally: Tally, now: datetime) -> dict[str, object]:
    """What only the running service knows."""
    why, ruleset = unready(parts), tally.ruleset
    last_events, swept = tally.last_events(), parts.retention.last
    return {
        "since": format_time(tally.since),
        "uptime_seconds": round((now - tally.since).total_seconds()),
        "ready": not why,
        "unready": dict(why),
        "ruleset": ruleset.hash,
        "ruleset_since": format_time(tally.adopted_at),
        "ruleset_is_current": tally.is_current,
        "rules": len(ruleset.rules),
        "sources": [_source(each, last_events) for each in parts.statuses()],
        "events_last_minute": tally.events.total(),
        "attempts_last_minute": tally.attempts.total(),
        "waiting": parts.waiting(),
        "parked": parts.parked(),
        "timers": parts.timers(),
        "full": sorted(rule for rule, count in parts.keys().items() if count >= MOST_KEYS),
        "reserve": parts.reserve.is_there,
        "keep": {key: format_duration(span) for key, span in asdict(ruleset.keep).items()},
        "swept_at": format_time(swept.at) if swept else None,
        "swept_rows": swept.removed if swept else None,
    }


def _source(status: SourceStatus, last_events: Mapping[str, datetime]) -> dict[str, object]:
    last = last_events.get(status.name)
    return {
        "name": status.name,
        "type": status.type,
        "state": status.state,
        "since": format_time(status.since),
        "detail": status.detail,
        "received": status.received,
        "connections": status.connections,
        "last_event_at": format_time(last) if last else None,
    }
