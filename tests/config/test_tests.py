from datetime import timedelta

from tests.conditions import condition
from tests.config.loading import one_rule

TESTS = """
actions: [{log: info}, {log: debug, name: other}]
tests:
  - name: first
    facts: {service.name: web, service: {uuid: 1}, 'labels."a.b"': x, container: {exit_code: 7}}
    steps:
      - {send: {state: Stopped, labels: {a.b: c}}, expect: [log, log, other]}
      - {wait: 1m}
      - {at: "2030-01-07T13:00:00+02:00", expect: any}
      - {send: {}, facts: {service.name: db}, because: throttled}
      - {send: {}, expect: [], because: [throttled, if_false]}
  - steps: [{send: {}}]
"""


def test_a_test_is_read_step_by_step(tmp_path):
    test, _ = one_rule(tmp_path, TESTS).tests

    sent, waited, moved, other, held = test.steps
    assert sent.send == {"state": "Stopped", "labels": {"a.b": "c"}}
    assert sent.expect == ("log", "log", "other")
    assert (waited.wait, waited.send, waited.expect) == (timedelta(minutes=1), None, ())
    assert (moved.at, moved.expect) == ("2030-01-07T13:00:00+02:00", None)
    assert other.facts == {"service": {"name": "db"}}
    assert (other.because, held.because) == (("throttled",), ("throttled", "if_false"))


STEPS = """
actions: [{log: info}]
tests:
  - steps:
      - {respond: {log: 429}}
      - {restart: true, expect: [log]}
      - {silence: {match: {state: [Stopped]}, for: 1h}, because: waiting}
"""


def test_a_step_may_be_something_that_happens_to_reactor(tmp_path):
    [test] = one_rule(tmp_path, STEPS).tests

    responded, restarted, silenced = test.steps
    assert (responded.respond, responded.restart) == ({"log": 429}, False)
    assert (restarted.restart, restarted.expect) == (True, ("log",))
    assert silenced.silence == condition("state: [Stopped]")
    assert (silenced.lasts, silenced.because) == (timedelta(hours=1), ("waiting",))


def test_dotted_facts_are_nested_and_joined_with_mappings(tmp_path):
    test, _ = one_rule(tmp_path, TESTS).tests

    assert test.facts == {
        "service": {"name": "web", "uuid": 1},
        "labels": {"a.b": "x"},
        "container": {"exit_code": 7},
    }


def test_a_test_without_a_name_is_numbered(tmp_path):
    _, test = one_rule(tmp_path, TESTS).tests

    assert (test.name, test.facts) == ("test 2", {})
