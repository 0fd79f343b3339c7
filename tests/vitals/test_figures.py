"""The gauges of one moment: each metric that is not counted as things happen has its value."""

from datetime import timedelta

import pytest

from reactor import __version__
from reactor.observe.metrics import METRICS
from reactor.sources.supervise import SourceState
from reactor.transaction import Committed
from reactor.vitals.figures import figures
from reactor.vitals.tally import Tally
from tests.builders import NOON, an_event, replace
from tests.vitals.parts import LOCAL, PAUSE, STANDING, Writing, parts, rules

COUNTED = {
    "reactor_events_gaps_total",
    "reactor_deliveries_total",
    "reactor_delivery_seconds",
    "reactor_event_to_delivery_seconds",
}
"""Those that the tally has."""


@pytest.fixture
def tally():
    return Tally(rules(), lambda: NOON, lambda: 1000.0)


def read(tally, *, standing=STANDING, **changes):
    """Every sample, by its name and its labels."""
    found = figures(parts(**changes), tally, standing, NOON)
    return {(name, *labels): float(value) for name, labels, value in found}


def test_all_is_told_of_a_service_that_works(tally):
    tally.committed(Committed(events=(an_event(),)))

    assert read(tally, keys={"every event": 7, "gone": 7}) == {
        ("reactor_build_info", __version__): 1,
        ("reactor_ready",): 1,
        ("reactor_journal_writable",): 1,
        ("reactor_journal_reserve",): 1,
        ("reactor_journal_bytes",): 4096,
        ("reactor_events_waiting",): 0,
        ("reactor_events_parked",): 0,
        ("reactor_config_last_reload_successful",): 1,
        ("reactor_config_last_reload_success_timestamp_seconds",): NOON.timestamp(),
        ("reactor_source_connected", "local"): 1,
        ("reactor_source_connections_total", "local"): 3,
        ("reactor_source_last_event_timestamp_seconds", "local"): NOON.timestamp(),
        ("reactor_destination_paused", "ops"): 0,
        ("reactor_outbox_pending",): 7,
        ("reactor_dead_letters",): 3,
        ("reactor_events_quarantined",): 2,
        ("reactor_outbox_oldest_age_seconds",): 120,
        ("reactor_events_received_total", "local"): 5,
        ("reactor_events_duplicate_total", "local"): 2,
        ("reactor_events_rejected_total", "local"): 1,
        ("reactor_evaluations_total", "every event", "log", "fired"): 4,
        ("reactor_evaluations_waiting", "every event", "log"): 6,
        ("reactor_timer_firings_total", "every event", "log", "fired"): 8,
        ("reactor_timers",): 5,
        ("reactor_memory_keys", "every event"): 7,
        ("reactor_incidents_open",): 3,
        ("reactor_silences_active",): 1,
    }


def test_every_metric_is_either_here_or_counted(tally):
    tally.committed(Committed(events=(an_event(),)))

    assert {name for name, *_ in read(tally, keys={"every event": 7})} | COUNTED == set(METRICS)


def test_what_is_not_in_order_is_zero(tally):
    tally.refuse_reload()
    lost = replace(LOCAL, state=SourceState.WAITING)

    found = read(tally, source=lost, writer=Writing("disk full"), has_reserve=False)

    for name in ("ready", "journal_writable", "journal_reserve", "config_last_reload_successful"):
        assert found[(f"reactor_{name}",)] == 0
    assert found[("reactor_source_connected", "local")] == 0


def test_what_is_paused_is_told_by_name_whether_the_rule_file_has_the_name_or_not(tally):
    found = read(tally, paused={"ops": PAUSE, "source:cloud": PAUSE})

    assert found[("reactor_destination_paused", "ops")] == 1
    assert found[("reactor_destination_paused", "source:cloud")] == 1


def test_nothing_pending_has_no_age_and_a_clock_that_was_set_back_none_below_zero(tally):
    age = ("reactor_outbox_oldest_age_seconds",)
    later = NOON + timedelta(hours=1)

    assert read(tally, standing=replace(STANDING, oldest=None))[age] == 0
    assert read(tally, standing=replace(STANDING, oldest=later))[age] == 0
