"""Counting: right, by several threads, and bounded however often the rules change."""

from threading import Thread

from hypothesis import given
from hypothesis import strategies as st

from reactor.observe.metrics import METRICS, REMOVED
from reactor.observe.tallies import Tallies

DELIVERIES, SECONDS = "reactor_deliveries_total", "reactor_delivery_seconds"
BOUNDS = METRICS[SECONDS].bounds


def test_each_label_is_counted_for_itself():
    tallies = Tallies()
    for destination in ("ops", "ops", "audit"):
        tallies.count(DELIVERIES, destination, "dead")

    assert tallies.samples() == [
        (DELIVERIES, ("ops", "dead"), 2),
        (DELIVERIES, ("audit", "dead"), 1),
    ]


def test_a_bucket_holds_what_is_not_over_its_bound():
    tallies = Tallies()
    for seconds in (0.0, 0.005, 0.0051, 31.0):
        tallies.measure(SECONDS, seconds, "ops")

    ((_, labels, buckets, total),) = tallies.buckets()
    assert labels == ("ops",)
    assert buckets[:2] == [("0.005", 2), ("0.01", 3)]
    assert buckets[-2:] == [("30.0", 3), ("+Inf", 4)]
    assert total == 31.0101


@given(st.lists(st.floats(0, 100, allow_nan=False)))
def test_buckets_never_fall_and_the_last_holds_all(measured):
    tallies = Tallies()
    for seconds in measured:
        tallies.measure(SECONDS, seconds, "ops")

    for _, _, buckets, _ in tallies.buckets():
        counts = [count for _, count in buckets]
        assert counts == sorted(counts)
        assert counts[-1] == len(measured)
        assert counts[:-1] == [sum(each <= bound for each in measured) for bound in BOUNDS]


def test_a_name_that_is_gone_is_dropped_and_what_follows_of_it_is_told_as_removed():
    tallies = Tallies()
    tallies.keep({"destination": ["ops", "old"]})
    tallies.count(DELIVERIES, "old", "retrying")
    tallies.measure(SECONDS, 1.0, "old")

    tallies.keep({"destination": ["ops"]})
    assert (tallies.samples(), tallies.buckets()) == ([], [])

    tallies.count(DELIVERIES, "old", "dead")
    tallies.count(DELIVERIES, "older", "dead")
    assert tallies.samples() == [(DELIVERIES, (REMOVED, "dead"), 2)]


def test_what_stays_goes_on_counting():
    tallies = Tallies()
    tallies.keep({"destination": ["ops"]})
    tallies.count(DELIVERIES, "ops", "dead")

    tallies.keep({"destination": ["other", "ops"]})
    tallies.count(DELIVERIES, "ops", "dead")

    assert tallies.samples() == [(DELIVERIES, ("ops", "dead"), 2)]


def test_a_thousand_reloads_leave_no_more_behind_than_one():
    tallies = Tallies()
    for number in range(1000):
        name = f"destination-{number}"
        tallies.keep({"destination": [name]})
        tallies.count(DELIVERIES, name, "succeeded")
        tallies.count(DELIVERIES, "forgotten", "succeeded")
        tallies.measure(SECONDS, 0.1, name)

    assert len(tallies.samples()) == 2
    assert len(tallies.buckets()) == 1


def test_threads_lose_no_count():
    tallies = Tallies()

    def count():
        for _ in range(5000):
            tallies.count(DELIVERIES, "ops", "dead")

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tallies.samples() == [(DELIVERIES, ("ops", "dead"), 20_000)]
