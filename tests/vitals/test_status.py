"""What `reactor status` is told: plain values, the same of a service and of a journal."""

import json
from datetime import timedelta

from reactor.engine.draft import MOST_KEYS
from reactor.journal.retention import Swept
from reactor.journal.standing import LastEvent
from reactor.model.match import Reason
from reactor.sources.supervise import SourceState
from reactor.transaction import Committed
from reactor.vitals.status import journal_status, service_status
from reactor.vitals.tally import Tally
from tests.builders import NOON, an_event, replace
from tests.vitals.parts import LOCAL, PAUSE, STANDING, parts, rules

AT = "2031-05-06T10:20:30.000000Z"


def test_a_journal_tells_what_waits_what_is_dead_and_what_never_fired():
    last = LastEvent(id="e-1", source="local", received_at=NOON)
    held = {("held", "log", Reason.THROTTLED): 1}
    standing = replace(
        STANDING,
        last_event=last,
        evaluations={**STANDING.evaluations, **held},
        undecided=2,
        paused={"ops": PAUSE},
    )

    found = journal_status(standing, ["every event", "held", "new"], NOON)

    assert found == {
        "last_event": {"id": "e-1", "source": "local", "received_at": AT},
        "totals": {
            "local": {"events": 5, "duplicates": 2, "rejected": 1},
            "gone": {"events": 5, "duplicates": 2, "rejected": 1},
        },
        "undecided": 2,
        "quarantined": 2,
        "pending": 7,
        "oldest_pending": "2031-05-06T10:18:30.000000Z",
        "dead_letters": 3,
        "open_incidents": 3,
        "active_silences": 1,
        "journal_bytes": 4096,
        "paused": [
            {
                "destination": "ops",
                "since": AT,
                "why": "503 Busy",
                "failures": 9,
                "next_probe_at": "2031-05-06T10:21:30.000000Z",
            }
        ],
        "never_fired": ["held", "new"],
    }


def test_a_service_tells_of_itself_and_of_each_source():
    tally = Tally(rules(), lambda: NOON, lambda: 1000.0)
    tally.committed(Committed(events=(an_event(),)))
    lost = replace(LOCAL, state=SourceState.WAITING, detail="gone", received=9)

    found = service_status(
        parts(source=lost, swept=Swept(at=NOON, removed=7), keys={"a": MOST_KEYS, "b": 1}),
        tally,
        NOON + timedelta(minutes=1),
    )

    assert json.loads(json.dumps(found)) == {
        "since": AT,
        "uptime_seconds": 60,
        "ready": False,
        "unready": {"source local": f"waiting since {AT}: gone"},
        "ruleset": "ruleset-1",
        "ruleset_since": AT,
        "ruleset_is_current": True,
        "rules": 1,
        "sources": [
            {
                "name": "local",
                "type": "file",
                "state": "waiting",
                "since": AT,
                "detail": "gone",
                "received": 9,
                "connections": 3,
                "last_event_at": AT,
            }
        ],
        "events_last_minute": 1,
        "attempts_last_minute": 0,
        "waiting": 0,
        "parked": 0,
        "timers": 5,
        "full": ["a"],
        "reserve": True,
        "keep": {"events": "30d", "deliveries": "90d", "dead_letters": "90d"},
        "swept_at": AT,
        "swept_rows": 7,
    }
