"""SIGHUP on the real process: all of the new rules or none; promises go where they now belong."""

import json

import pytest

from tests.crash.judge import read_case
from tests.endpoint import Answer, listening
from tests.service import Service, eventually

RULES = """\
version: 1
sources:
  lines: {{type: file, path: {events}, follow: true}}
destinations:
  ops: {{type: webhook, url: "{url}"}}
rules:
  - name: stopped
    match: {{state: Stopped}}
    group_by: name
    throttle: 1 per 1h
    actions:
      - webhook: ops
        retry: {{first: 100ms, ceiling: 200ms}}
        body: {{text: "{{{{ name }}}} stopped"}}
"""


class World:
    """A running service, its rule file, and the file that its events are written to."""

    def __init__(self, folder, endpoint):
        self._folder = folder
        self._events, self._rules = folder / "events.jsonl", folder / "rules.yaml"
        self._events.touch()
        self._text = RULES.format(events=self._events, url=endpoint.url)
        self._rules.write_text(self._text)
        self._reloads = 0
        self.service = Service(self._rules, folder / "data", "--http", "off")
        self.service.hears("running")

    def write(self, number, name):
        frame = {"uuid": f"event-{number}", "type": "container", "state": "Stopped", "name": name}
        with self._events.open("a") as file:
            file.write(json.dumps(frame) + "\n")

    def send(self, number, name="web"):
        """Write an event and see that it is decided."""
        self.write(number, name)
        eventually(lambda: f"event-{number}" in self.case().events, "it was journaled")

    def reload(self, *changes):
        """Change the rule file and have it read; returns what was said of it."""
        for old, new in changes:
            assert old in self._text
            self._text = self._text.replace(old, new)
        self._rules.write_text(self._text)
        self.service.reload()
        self._reloads += 1
        return self.service.hears("reloaded", times=self._reloads)

    def case(self):
        return read_case(self._folder / "data", [], [])

    def reasons(self):
        return [row[2] for row in self.case().evaluations]

    def states(self):
        return [row[1] for row in self.case().deliveries]


@pytest.fixture
def endpoint(tmp_path):
    with listening(tmp_path / "ledger") as endpoint:
        yield endpoint


@pytest.fixture
def world(tmp_path, endpoint):
    world = World(tmp_path, endpoint)
    with world.service:
        yield world


def bodies(heard):
    return [json.loads(each.body)["text"] for each in heard]


def test_new_texts_take_effect_and_the_throttle_remembers(world, endpoint):
    world.send(1)
    endpoint.wait(1)

    assert "dropped no memory" in world.reload(("}} stopped", "}} is down"))
    world.send(2)
    world.send(3, name="db")

    assert bodies(endpoint.wait(2)) == ["web stopped", "db is down"]
    assert world.reasons() == ["fired", "throttled", "fired"]


def test_a_changed_match_forgets_what_the_old_one_let_through(world, endpoint):
    world.send(1)

    world.reload(("{state: Stopped}", "{state: Stopped, type: container}"))
    world.send(2)

    endpoint.wait(2)
    assert world.reasons() == ["fired", "fired"]


def test_a_broken_file_changes_nothing_and_every_mistake_is_told(world, endpoint):
    said = world.reload(("group_by", "grupp_by"), ("webhook: ops", "webhook: opps"))

    assert "not reloaded, the old rules stay: 2 problems" in said
    assert "did you mean 'group_by'" in world.service.hears("rules.yaml:9:", "grupp_by")
    assert "did you mean 'ops'" in world.service.hears("rules.yaml:12:", "opps")
    world.send(1)
    assert bodies(endpoint.wait(1)) == ["web stopped"]


def test_a_missing_file_changes_nothing(world, endpoint, tmp_path):
    (tmp_path / "rules.yaml").unlink()
    world.service.reload()

    world.service.hears("not reloaded, the old rules stay")
    world.send(1)
    assert bodies(endpoint.wait(1)) == ["web stopped"]


def test_a_waiting_delivery_goes_to_the_new_address_with_its_old_text(world, endpoint, tmp_path):
    with listening(tmp_path / "refusals", lambda _: Answer(503)) as old:
        world.reload((endpoint.url, old.url))
        world.send(1)
        (first, *_) = old.wait(1)

        world.reload((old.url, endpoint.url), ("}} stopped", "}} is down"))

        (heard,) = endpoint.wait(1)
    assert (heard.id, heard.body) == (first.id, first.body)


def test_a_waiting_delivery_to_a_removed_destination_is_dead(world, endpoint, tmp_path):
    with listening(tmp_path / "refusals", lambda _: Answer(503)) as old:
        world.reload((endpoint.url, old.url))
        world.send(1)
        old.wait(1)

        world.reload((" ops:", " other:"), ("webhook: ops", "webhook: other"))

        eventually(lambda: world.states() == ["dead"], "the delivery was dead")


def test_a_source_whose_entry_only_moved_is_left_alone(world):
    world.reload(("version: 1", "version: 1\n# a comment above all"))

    assert [line for line in world.service.said if "source lines" in line] == [
        world.service.hears("source lines: connected")
    ]


def test_a_changed_source_is_stopped_and_the_new_one_read(world, endpoint, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"state": "Stopped", "name": "cache"}) + "\n")

    world.reload(("events.jsonl", "other.jsonl"))

    world.service.hears("source lines: stopped")
    assert bodies(endpoint.wait(1)) == ["cache stopped"]


def test_reloads_under_load_lose_no_event(world, endpoint):
    for number in range(600):
        world.write(number, name=f"n{number}")
        if number % 60 == 0:
            world.reload()

    assert len({heard.id for heard in endpoint.wait(600)}) == 600
