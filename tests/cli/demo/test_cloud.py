"""The demo's own Docker Cloud is found by the old variables, and its story fits the time."""

from threading import Thread

import pytest
import requests

from reactor.cli.demo.cloud import KEY, SEED, USER, SimulatedCloud
from reactor.clock import utc_now
from reactor.hub.story import cues
from tests.fakes import PATIENCE


@pytest.fixture
def cloud():
    running = SimulatedCloud()
    thread = Thread(target=running.serve)
    thread.start()
    yield running
    running.stop()
    thread.join(PATIENCE)


def test_its_variables_lead_to_its_objects(cloud):
    url = cloud.variables["DOCKERCLOUD_REST_HOST"] + "api/app/v1/service/"

    assert requests.get(url, auth=(USER, KEY), timeout=PATIENCE).status_code == 200
    assert requests.get(url, auth=(USER, "wrong"), timeout=PATIENCE).status_code == 401


@pytest.mark.parametrize(
    ("seconds", "pace"),
    [
        (3600.0, 1.0),  # never slower than it was written
        (33.0, 0.566),  # its 53 s are told in the 30 s before the settling
        (5.0, 0.4),  # never faster than a redeploy allows: then it is cut short
    ],
)
def test_the_story_is_as_fast_as_it_has_to_be(cloud, seconds, pace):
    before = utc_now()

    due = cloud.story(seconds).next_due()

    assert (due - before) / cues(SEED)[0].at == pytest.approx(pace, abs=0.02)
