"""What only Alertmanager and Grafana do; their documented requests are in test_presets.py."""

from datetime import timedelta

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW, vector


def test_a_notification_that_is_repeated_is_an_event_each_time():
    """Alertmanager repeats it after `repeat_interval`, byte for byte."""
    firing = vector("alertmanager_firing").inbound

    first = read("alertmanager", firing, NOW)[0].id
    repeated = read("alertmanager", firing, NOW + timedelta(hours=4))[0].id

    assert first != repeated


@pytest.mark.parametrize("body", [b"{}", b'{"alerts": 1}', b'{"alerts": [1, {"startsAt": 7e99}]}'])
def test_a_notification_without_alerts_is_still_told(body):
    (event,) = read("grafana", Inbound(headers=(JSON,), body=body), NOW)

    assert (event.time, event.facts) == (None, {"firing": 0, "resolved": 0})


def test_a_body_that_is_no_object_is_refused():
    assert read("grafana", Inbound(headers=(JSON,), body=b"[]"), NOW).status == 422
