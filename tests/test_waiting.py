"""What is asked for an event, and when it may go on."""

import pytest

from reactor.actions import ACTIONS
from reactor.engine.compiled import CompiledRules
from reactor.engine.lookups import wanted
from reactor.model.lookup import NOT_ASKED, Answer, Found, Reference
from reactor.model.uri import object_uri, stable_uuid
from reactor.waiting import Waiting
from tests.builders import Says, a_rule, a_ruleset, an_event
from tests.config.loading import load_text

RULES = """\
rules:
  - name: out of memory
    match: {docker.Action: oom}
    actions: [{log: info, text: "{{ container.name }}"}]
  - name: crashed
    match: {type: container, state: Stopped, service.name: web, container.exit_code: {gt: 0}}
    actions: [{log: info, text: "{{ stack.name }}"}]
"""
"""The first one can match no frame of the cloud, whatever a lookup says."""
URIS = {kind: object_uri(kind, stable_uuid(kind)) for kind in ("container", "service", "stack")}
OBJECTS = {
    "container": {"name": "web-1", "exit_code": 3, "state": "Stopped", "node": None},
    "service": {"name": "web", "stack": URIS["stack"]},
    "stack": {"name": "shop"},
}
NO_ACTIONS = {"meta": {"total_count": 0}, "objects": []}


class Cloud:
    """The objects behind a source; it remembers what it was asked, and answers when told to."""

    def __init__(self):
        self.known, self.asked, self.forgotten = {}, [], []

    def recall(self, uri):
        return self.known.get(uri)

    def forget(self, uri):
        self.forgotten.append(uri)

    def ask(self, need, tell):
        self.asked.append((need, tell))

    def answer(self):
        """Answer what was asked so far."""
        asked, self.asked = self.asked, []
        for need, tell in asked:
            found = {**OBJECTS[need.kind], "resource_uri": need.uri}
            tell(Found(object=NO_ACTIONS if need.since else found))


class Stage:
    def __init__(self, folder, rules=RULES):
        self.cloud, self.told = Cloud(), []
        wants = wanted(CompiledRules(load_text(folder, rules).ruleset), ACTIONS)
        self.waiting = Waiting(wants, {"cloud": self.cloud}, self.told.append)

    def admit(self, *events):
        found = self.waiting.admit(events)
        self.waiting.ask()
        return found

    def answer(self):
        """Everything that is asked for, and then for what it leads to; the events that are free."""
        free = []
        while self.cloud.asked:
            self.cloud.answer()
            told, self.told[:] = list(self.told), []
            free += self.waiting.unpark(told)
            self.waiting.ask()
        return free


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def a_crash(number=1, source="cloud", **frame):
    frame = {"type": "container", "state": "Stopped", "parents": [URIS["service"]], **frame}
    subject = {"resource_uri": URIS["container"]}
    return an_event(uuid=f"u-{number}", source=source, platform=True, **subject, **frame)


def test_an_event_waits_for_what_a_rule_that_could_match_asks_for(stage):
    _, ready, parked = stage.admit(a_crash())

    assert ready == []
    assert [event.id for event in parked] == ["u-1"]
    assert {need.kind for need, _ in stage.cloud.asked} == {"container", "service"}


def test_the_answers_lead_on_to_the_stack_and_then_it_may_go(stage):
    stage.admit(a_crash())

    (event,) = stage.answer()

    assert event.facts["container"]["exit_code"] == 3
    assert event.facts["stack"]["name"] == "shop"
    assert "container" not in event.unknown


PLANNED = """\
rules:
  - name: crashed
    match: {state: Stopped, planned: false}
    actions: [{log: info, text: "{{ cause }}"}]
"""


def test_the_answers_lead_on_to_why_it_ended(tmp_path):
    stage = Stage(tmp_path, PLANNED)
    stage.admit(a_crash())

    (event,) = stage.answer()  # the stack is known by the service, and then asked what was done

    assert (event.facts["cause"], event.facts["planned"]) == ("crash", False)
    assert "cause" not in event.unknown


@pytest.mark.parametrize("frame", [{"state": "Running"}, {"type": "service"}])
def test_an_event_that_no_rule_can_match_costs_no_lookup(stage, frame):
    _, ready, parked = stage.admit(a_crash(**frame))

    assert [event.id for event in ready] == ["u-1"]
    assert (parked, stage.cloud.asked) == ([], [])


def test_an_event_of_a_source_without_api_never_waits(stage):
    _, ready, _ = stage.admit(a_crash(source="local"))

    assert ready[0].unknown == {}


def test_what_was_fetched_lately_can_rule_an_event_out_without_asking(stage):
    stage.cloud.known[URIS["service"]] = {"name": "db", "resource_uri": URIS["service"]}

    _, ready, _ = stage.admit(a_crash())

    assert ready[0].facts["service"]["name"] == "db"
    assert ready[0].unknown["container"] == NOT_ASKED
    assert stage.cloud.asked == []


def test_an_event_makes_the_memory_of_its_own_object_forgotten(stage):
    stage.admit(a_crash())

    assert stage.cloud.forgotten == [URIS["container"]]


def test_events_of_the_subject_go_on_in_their_order(stage):
    stage.admit(a_crash(1))
    _, ready, parked = stage.admit(a_crash(2, state="Terminated"), a_crash(3, type="other"))

    assert (ready, [event.id for event in parked]) == ([], ["u-2", "u-3"])
    assert [event.id for event in stage.answer()] == ["u-1", "u-2", "u-3"]


def test_events_of_an_earlier_process_are_asked_for_again(tmp_path):
    _, _, parked = Stage(tmp_path).admit(a_crash())
    later = Stage(tmp_path)

    assert later.waiting.resume(parked) == []
    later.waiting.ask()

    assert [event.id for event in later.answer()] == ["u-1"]


def test_when_the_source_is_replaced_it_is_asked_anew_and_the_old_is_not_heard(stage):
    stage.admit(a_crash())
    before, after = stage.cloud, Cloud()

    stage.waiting.adopt(stage.waiting._wanted, {"cloud": after})
    before.answer()

    assert stage.told == []
    assert len(after.asked) == 2


def test_when_the_source_is_gone_its_events_go_on_without(stage):
    stage.admit(a_crash())

    stage.waiting.adopt(stage.waiting._wanted, {})
    (event,) = stage.waiting.unpark(stage.told)

    assert "no longer in the rules" in event.unknown["service"]


def test_an_answer_that_comes_twice_changes_nothing(stage):
    stage.admit(a_crash())
    need, _ = stage.cloud.asked[0]
    answer = Answer(source="cloud", event_id="u-1", need=need, found=Found(object=None))

    assert [stage.waiting.unpark([answer]), stage.waiting.unpark([answer])] == [[], []]


def test_its_length_is_how_many_events_wait(stage):
    assert len(stage.waiting) == 0

    stage.admit(a_crash())
    assert len(stage.waiting) == 1

    stage.answer()
    assert len(stage.waiting) == 0


class Explodes(Says):
    """A condition that is no good for some events."""

    def evaluate(self, record):
        if record.fields.get("is_bad"):
            raise ValueError("no good")
        return super().evaluate(record)


@pytest.fixture
def exploding():
    """A rule that asks for the exit code."""
    match = Explodes(None, speaks_of=(Reference("container", "exit_code"),))
    return wanted(CompiledRules(a_ruleset(a_rule(match=match))), ACTIONS)


def test_an_event_that_cannot_be_looked_at_goes_nowhere_and_holds_up_no_other(stage, exploding):
    stage.waiting.adopt(exploding, {"cloud": stage.cloud})

    known, ready, parked = stage.admit(a_crash(1, is_bad=True), a_crash(2))

    ((event, poison),) = stage.waiting.poisonous()
    assert (event.id, event.unknown["container"]) == ("u-1", NOT_ASKED)
    assert poison.why == "ValueError: no good"
    assert ([each.id for each in known], ready) == (["u-1", "u-2"], [])
    assert [each.id for each in parked] == ["u-2"]
    assert stage.waiting.poisonous() == []


def test_one_that_waits_and_cannot_be_looked_at_any_more_lets_the_next_one_pass(stage, exploding):
    stage.admit(a_crash(1, is_bad=True), a_crash(2))
    stage.waiting.adopt(exploding, {"cloud": stage.cloud})

    assert [event.id for event in stage.answer()] == ["u-2"]
    assert [event.id for event, _ in stage.waiting.poisonous()] == ["u-1"]
    assert len(stage.waiting) == 0


class Hostile(dict):
    """An object whose fields nobody can read."""

    def get(self, *_):
        raise ValueError("no object")


def test_an_answer_that_makes_no_sense_is_none(stage):
    stage.admit(a_crash())
    for _, tell in stage.cloud.asked:
        tell(Found(object=Hostile()))

    (event,) = stage.waiting.unpark(stage.told)

    assert event.unknown["container"] == "its answer makes no sense: ValueError: no object"
