"""What Prometheus' own parser makes of our text."""

from prometheus_client.parser import text_string_to_metric_families

from reactor.observe.exposition import exposition
from reactor.observe.metrics import METRICS
from reactor.observe.tallies import Tallies


def parsed(tallies=None, samples=()):
    """Families by name, as a scraper sees them."""
    text = exposition(tallies or Tallies(), samples).decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


def values(family):
    return {(each.name, *each.labels.values()): each.value for each in family.samples}


def test_every_metric_of_the_table_is_there_before_anything_happened():
    families = parsed()

    # The parser takes the suffix off a counter's name.
    expected = {name.removesuffix("_total") for name in METRICS}
    assert {name for name in families if name.startswith("reactor_")} == expected
    assert families["reactor_events_received"].type == "counter"
    assert families["reactor_delivery_seconds"].type == "histogram"
    assert families["reactor_ready"].documentation == METRICS["reactor_ready"].about


def test_those_of_the_process_are_there_too():
    assert parsed()["process_open_fds"].samples[0].value > 0


def test_samples_and_tallies_stand_side_by_side():
    tallies = Tallies()
    tallies.count("reactor_deliveries_total", "ops", "dead")
    tallies.measure("reactor_event_to_delivery_seconds", 2.0)

    families = parsed(tallies, [("reactor_source_connected", ("local",), 1)])

    assert values(families["reactor_source_connected"]) == {
        ("reactor_source_connected", "local"): 1
    }
    assert list(values(families["reactor_deliveries"]).values()) == [1]
    measured = values(families["reactor_event_to_delivery_seconds"])
    assert measured[("reactor_event_to_delivery_seconds_sum",)] == 2.0
    assert measured[("reactor_event_to_delivery_seconds_bucket", "+Inf")] == 1


def test_a_name_of_the_rule_file_may_hold_anything():
    name = 'a "quoted" \\ name → with\nnewline'

    families = parsed(samples=[("reactor_source_connected", (name,), 0)])

    assert values(families["reactor_source_connected"]) == {("reactor_source_connected", name): 0}
