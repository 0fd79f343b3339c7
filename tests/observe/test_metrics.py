"""The table of metrics keeps the customs of Prometheus, and its labels the rule file's names."""

import re

import pytest

from reactor.observe.metrics import METRICS, Kind


def test_these_are_all_there_are():
    assert list(METRICS) == [
        "reactor_build_info",
        "reactor_ready",
        "reactor_events_received_total",
        "reactor_events_duplicate_total",
        "reactor_events_rejected_total",
        "reactor_events_gaps_total",
        "reactor_events_waiting",
        "reactor_events_parked",
        "reactor_events_quarantined",
        "reactor_source_connected",
        "reactor_source_connections_total",
        "reactor_source_last_event_timestamp_seconds",
        "reactor_evaluations_total",
        "reactor_evaluations_waiting",
        "reactor_timer_firings_total",
        "reactor_timers",
        "reactor_memory_keys",
        "reactor_incidents_open",
        "reactor_silences_active",
        "reactor_deliveries_total",
        "reactor_delivery_seconds",
        "reactor_destination_paused",
        "reactor_event_to_delivery_seconds",
        "reactor_outbox_pending",
        "reactor_outbox_oldest_age_seconds",
        "reactor_dead_letters",
        "reactor_journal_writable",
        "reactor_journal_bytes",
        "reactor_journal_reserve",
        "reactor_config_last_reload_successful",
        "reactor_config_last_reload_success_timestamp_seconds",
    ]


@pytest.mark.parametrize(("name", "row"), METRICS.items(), ids=METRICS)
def test_a_name_says_what_kind_it_is(name, row):
    assert re.fullmatch("reactor(_[a-z]+)+", name)
    assert (row.kind is Kind.COUNTER) == name.endswith("_total")
    assert (row.kind is Kind.HISTOGRAM) == bool(row.bounds)
    assert list(row.bounds) == sorted(row.bounds)
    assert row.about.endswith(".")


def test_no_field_of_an_event_is_ever_a_label():
    used = {label for row in METRICS.values() for label in row.labels}

    # Names of the rule file; the closed lists of reasons and outcomes; our own version.
    assert used == {"source", "rule", "action", "destination", "reason", "outcome", "version"}
