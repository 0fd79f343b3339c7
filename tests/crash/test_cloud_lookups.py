"""What lookups cost: few requests for many events, and none for a rule that needs none."""

from contextlib import contextmanager

import pytest

from reactor.model.uri import object_uri, stable_uuid
from tests.crash.cloud import listed, replied, rows, serving_api, source
from tests.service import Service, eventually
from tests.sources.cloud import fake_cloud

RULES = """\
version: 1
sources: {{cloud: {source}}}
rules:
  - name: the rule
    match: {match}
    actions: [{{log: info, text: "{{{{ state }}}}"}}]
"""
MANY = 1000
CONTAINERS = [object_uri("container", stable_uuid("container", name)) for name in "abc"]
SERVICE = object_uri("service", stable_uuid("service"))


def answer(asked):
    """The same object to every question; nothing is in a list."""
    if "?" in asked.path:
        return listed()
    return replied({"name": "web", "exit_code": 3, "state": "Stopped"})


@contextmanager
def decided(folder, match):
    """The requests for objects that 1,000 events of three containers have cost."""
    with fake_cloud() as cloud, serving_api(answer) as api:
        rules, data = folder / "rules.yaml", folder / "data"
        text = RULES.format(source=source(f"ws://{cloud.address}/", api.url), match=match)
        rules.write_text(text)
        with Service(rules, data, "--http", "off") as service:
            service.hears("connected to")
            cloud.say(*frames())
            eventually(lambda: counted(data, "inputs where kind = 'event'") == MANY, "all decided")
            asked = [each.path for each in api.asked if "?" not in each.path]
            yield asked, counted(data, "evaluations")
            assert service.stop() == 0


def frames():
    frame = {"type": "container", "action": "update", "state": "Stopped", "parents": [SERVICE]}
    return [{**frame, "resource_uri": CONTAINERS[number % 3]} for number in range(MANY)]


def counted(data, what):
    return rows(data, f"select count(*) from {what}")[0][0]  # noqa: S608 -- our own words


def test_a_thousand_events_of_three_containers_cost_few_requests(tmp_path):
    with decided(tmp_path, "{service.name: web, container.name: web}") as (asked, matched):
        assert matched == MANY
        assert 4 <= len(asked) <= 60, asked


def test_what_changes_is_asked_anew_and_shared(tmp_path):
    with decided(tmp_path, "{service.name: web, container.exit_code: 3}") as (asked, matched):
        # Of events in a row only the last can be sure that the exit code is its own.
        assert 3 <= matched <= len(asked)
        assert len(asked) <= 100, asked


@pytest.mark.parametrize("match", ["{type: container}", f"{{service: {SERVICE}}}"])
def test_a_rule_that_needs_no_lookup_costs_no_request(tmp_path, match):
    with decided(tmp_path, match) as (asked, matched):
        assert (asked, matched) == ([], MANY)
