"""Why containers of a simulated fleet end, by the real source, its lookups and the pipeline."""

from contextlib import contextmanager
from queue import Queue

import pytest

from reactor.clock import utc_now
from reactor.hub.fleet import NoSuchObject
from reactor.hub.simulated import SimulatedFleet
from tests.fakes import PATIENCE
from tests.hub.fleets import named, operate, uuid_of
from tests.hub.served import KEY, USER, Served
from tests.worlds import World

SOURCES = """\
version: 1
sources:
  cloud:
    type: dockercloud
    user: {user}
    apikey: {key}
    rest_host: "{rest}"
    stream_host: "{stream}"
rules:
"""
ENDED = """\
  - name: ended
    match: {type: container, state: [Stopped, Terminated]}
    actions: [{log: info, text: "{{ cause }}"}]
"""
CRASHED = """\
  - name: crashed
    match: {type: container, state: Stopped, planned: false}
    actions: [{log: info, text: "{{ container.name }}"}]
"""
PLAIN = """\
  - name: plain
    match: {type: container, state: Stopped, service.name: web}
    actions: [{log: info, text: "{{ container.exit_code }}"}]
"""


class WatchedFleet:
    """A simulated fleet that tells which lists it was asked for, and may be without actions."""

    def __init__(self):
        self.fleet = SimulatedFleet(seed=7, now=utc_now())
        self.listed, self.has_actions = Queue(), True

    def objects(self, kind):
        self.listed.put(kind)
        if kind == "action" and not self.has_actions:
            raise NoSuchObject("There are no actions.")
        return self.fleet.objects(kind)

    def __getattr__(self, name):
        return getattr(self.fleet, name)


class Stage(World):
    """A service whose source is a hub with a simulated fleet."""

    def __init__(self, folder, fleet, served, rules):
        super().__init__(folder, "")
        hosts = {"rest": served.url("/"), "stream": served.url("/", "ws")}
        self.fleet, self.text = fleet, SOURCES.format(user=USER, key=KEY, **hosts) + rules

    def came(self, part, state="Stopped"):
        """The next event of that state with this in its subject, and what was committed with it."""
        while True:
            committed = self.committed.get(timeout=PATIENCE)
            for event in committed.events:
                if part in event.subject and event.data["state"] == state:
                    return event, committed


@contextmanager
def staged(folder, rules=ENDED):
    fleet = WatchedFleet()
    with Served(fleet, now=utc_now) as served:
        stage = Stage(folder, fleet, served, rules)
        service = stage.service()
        service.start()
        fleet.listed.get(timeout=PATIENCE)  # the baseline: it hears every frame from here on
        yield stage
        service.stop()


def verdict(event):
    return event.facts["cause"], event.facts["planned"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [(1, ("crash", False)), (137, ("killed", False)), (0, ("completed", True))],
)
def test_a_container_that_ends_by_itself(tmp_path, code, expected):
    with staged(tmp_path) as stage:
        web = uuid_of(stage.fleet, "container", "web-1")
        stage.fleet.crash(web, code)

        event, _ = stage.came(web)

    assert verdict(event) == expected
    assert event.facts["cause_evidence"][0].startswith(f"exit code {code}, and no")


@pytest.mark.parametrize(
    ("kind", "name", "verb", "state", "expected"),
    [
        ("service", "web", "redeploy", "Terminated", "deploy"),
        ("stack", "shop", "redeploy", "Terminated", "deploy"),
        ("container", "web-3", "redeploy", "Terminated", "deploy"),
        ("service", "web", "stop", "Stopped", "planned_stop"),
        ("container", "web-3", "stop", "Stopped", "planned_stop"),
        ("service", "web", "terminate", "Terminated", "planned_stop"),
        ("stack", "shop", "terminate", "Terminated", "planned_stop"),
    ],
)
def test_a_container_that_is_ended_by_a_call(tmp_path, kind, name, verb, state, expected):
    with staged(tmp_path) as stage:
        web = uuid_of(stage.fleet, "container", "web-3")
        operate(stage.fleet, kind, name, verb)

        event, _ = stage.came(web, state)

    assert verdict(event) == (expected, True)
    assert f"{kind.capitalize()} {verb.capitalize()}" in event.facts["cause_evidence"][0]


def test_a_container_that_is_scaled_away(tmp_path):
    with staged(tmp_path) as stage:
        web = uuid_of(stage.fleet, "container", "web-3")
        operate(stage.fleet, "service", "web", "update", target_num_containers=2)
        operate(stage.fleet, "service", "web", "scale")

        event, _ = stage.came(web, "Terminated")

    assert verdict(event) == ("planned_stop", True)


def test_a_new_container_that_crashes_while_it_is_being_deployed_is_a_crash(tmp_path):
    with staged(tmp_path) as stage:
        operate(stage.fleet, "service", "backup", "redeploy")
        started, _ = stage.came("/container/", "Running")
        new = started.subject.split("/")[-2]
        stage.fleet.crash(new, 1)

        event, _ = stage.came(new)

    assert verdict(event) == ("crash", False)


def test_the_containers_of_a_node_that_is_lost_end_with_their_host(tmp_path):
    with staged(tmp_path) as stage:
        web = named(stage.fleet, "container", "web-1")
        stage.fleet.lose(web["node"].split("/")[-2])
        stage.fleet.crash(web["uuid"], 137)

        event, _ = stage.came(web["uuid"])

    assert verdict(event) == ("host_down", False)


def test_what_cannot_be_asked_fires_no_rule_and_is_told(tmp_path):
    with staged(tmp_path, CRASHED) as stage:
        stage.fleet.has_actions = False
        web = uuid_of(stage.fleet, "container", "web-1")
        stage.fleet.crash(web, 1)

        event, committed = stage.came(web)

    assert event.unknown["cause"] == "actions on the container: 404 Not Found"
    assert [rules for _, rules in committed.undecided] == [("crashed",)]
    assert committed.evaluations == ()


@pytest.mark.parametrize(("rules", "is_asked"), [(PLAIN, False), (CRASHED, True)])
def test_only_a_rule_that_speaks_of_causes_has_actions_listed(tmp_path, rules, is_asked):
    with staged(tmp_path, rules) as stage:
        web = uuid_of(stage.fleet, "container", "web-1")
        stage.fleet.crash(web, 1)

        _, committed = stage.came(web)

    assert len(committed.evaluations) == 1
    assert [*stage.fleet.listed.queue].count("action") == 3 * is_asked
