"""A journal with its pipeline, as a single command uses it: decide, deliver all, and let go."""

import json
from datetime import timedelta

import pytest

from reactor.clock import utc_now
from reactor.journal.deliveries import list_deliveries
from reactor.journal.lock import Lock
from reactor.model.delivery import State
from reactor.model.errors import JournalBusy
from reactor.model.event import Arrival
from reactor.road import UNOBSERVED, Road, deliver_all
from reactor.running import ignore
from reactor.transaction import Surroundings
from tests.config.loading import load_text
from tests.endpoint import Answer, listening

RULES = """\
destinations: {{ops: {{type: webhook, url: "{url}"}}}}
rules:
  - name: each
    match: {{type: container}}
    actions: [{{webhook: ops, retry: {{first: 10ms, ceiling: 20ms}}}}]
"""


def an_arrival(number):
    raw = json.dumps({"type": "container", "uuid": f"event-{number}"}).encode()
    return Arrival(source="lines", raw=raw, identity=str(number))


def a_road(folder, url, around=None):
    ruleset = load_text(folder, RULES.format(url=url)).ruleset
    road = Road(folder / "data", ruleset, what="a test", observers=UNOBSERVED, around=around)
    return road, ruleset


def test_a_journal_has_one_road_at_a_time(tmp_path):
    road, ruleset = a_road(tmp_path, "http://127.0.0.1:9/")

    with road, pytest.raises(JournalBusy, match="is in use by 'a test'"):
        Road(tmp_path / "data", ruleset, what="another", observers=UNOBSERVED)

    Lock.acquire(tmp_path / "data", "the next one").release()


def test_everything_planned_is_delivered_even_if_it_was_planned_for_another_time(tmp_path):
    later = utc_now() + timedelta(days=365)
    around = Surroundings(now=lambda: later, on_commit=ignore)
    with listening(tmp_path / "ledger") as endpoint:
        road, ruleset = a_road(tmp_path, endpoint.url, around)
        with road:
            road.pipeline.receive([an_arrival(number) for number in range(3)])
            deliver_all(road, ruleset, UNOBSERVED)
            states = {each.state for each in list_deliveries(road.reader())}

    assert (len(endpoint.heard), states) == (3, {State.SUCCEEDED})


def test_delivering_all_goes_on_through_refusals(tmp_path):
    with listening(tmp_path / "ledger", lambda n: Answer(503 if n < 2 else 200)) as grumpy:
        road, ruleset = a_road(tmp_path, grumpy.url)
        with road:
            road.pipeline.receive([an_arrival(1)])
            deliver_all(road, ruleset, UNOBSERVED)

    assert [heard.status for heard in grumpy.heard] == [503, 503, 200]
