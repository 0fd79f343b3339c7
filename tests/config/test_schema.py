import pytest
from jsonschema import Draft7Validator

from reactor.actions import ACTIONS
from reactor.config.load import read_file
from reactor.config.node import Problems, plain
from reactor.config.schema import json_schema
from reactor.sources import SOURCES
from tests.config.test_effective import TEXT as WITH_SECRETS
from tests.config.test_tests import TESTS

SCHEMA = json_schema(SOURCES, ACTIONS)
RULE = "rules:\n  - name: crash\n    match: {state: Stopped}\n"
WITH_TESTS = RULE + "".join(f"    {line}\n" for line in TESTS.strip().splitlines())


def faults(tmp_path, text):
    (tmp_path / "r.yaml").write_text(text)
    node = read_file(tmp_path / "r.yaml", Problems())
    assert node is not None
    return [error.message for error in Draft7Validator(SCHEMA).iter_errors(plain(node))]


def test_the_schema_is_one():
    Draft7Validator.check_schema(SCHEMA)


FROM_EVENTBRIDGE = """
rules:
  - name: crash
    match:
      $or: [{state: [Stopped, "", null]}, {container: {$or: [{exit_code: 1}, {name: a}], n: 1}}]
      state: [{anything-but: {prefix: [a, b]}}, {numeric: [">", 0, "<=", 5]}]
      name: {prefix: {equals-ignore-case: a}, wildcard: "a*"}
    actions: [{log: info}]
"""


WITH_GATES = """
time_intervals:
  nights: {days: [mon-fri, sun], dates: 2030-01-01/2030-06-01, from: "22:00", to: "06:00"}
  backups: {cron: "0 2 * * *", for: 2h, timezone: Europe/Berlin}
rules:
  - name: crash
    match: {state: {from: [Running], to: {not: Running}}}
    for: 2m
    after: {count: 3, within: 10m}
    during: [nights, backups]
    then: {match: {state: Running}, within: 5m}
    resolve: {match: {state: Running}}
    mode: queued
    max: 5
    on_restart: skip
    actions:
      - {log: info, when: resolved, after: 3 within 10m, throttle: 1 per 5m}
      - {log: info, name: b, when: [opened], not_during: {interval: nights, then: digest}}
    tests:
      - steps:
          - {respond: {log: 429}}
          - {restart: true}
          - {silence: {match: {x: 1}, for: 1h}}
  - name: quiet
    absent: {match: {type: backup}, within: 26h}
    actions: [{log: info}]
"""


WITH_HUB = (
    RULE
    + """\
    actions: [{log: info}]
hub:
  listen: 0.0.0.0:8001
  user: acme
  apikey: ${HUB_KEY}
  read_only: true
  tls: {cert: hub.pem, key: hub.key}
  namespace: acme
  source: local
"""
)


@pytest.mark.parametrize("text", [WITH_SECRETS, WITH_TESTS, FROM_EVENTBRIDGE, WITH_GATES, WITH_HUB])
def test_what_loads_fits_the_schema(tmp_path, text):
    assert faults(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "rule: []\n",
        "sources: {a: {type: dokcer}}\n",
        "sources: {a: {type: file}}\n",
        "sources: {a: {type: docker, allow: [redploy]}}\n",
        "sources: {a: {type: websocket}}\n",
        "sources: {a: {type: webhook, preset: slak}}\n",
        "sources: {a: {type: webhook, signature: {prefix: x}}}\n",
        "sources: {a: {type: webhook, signature: {header: x, hedder: y}}}\n",
        "sources: {a: {type: schedule, every: often}}\n",
        "sources: {a: {type: schedule, every: 1h, catch_up: some}}\n",
        "destinations: {a: {type: slack}}\n",
        "destinations: {a: {type: slack, url: 'http://h', rate_limit: 1 each 1s}}\n",
        RULE,
        "rules: [{name: a, match: {$or: {x: 1}}, actions: [{log: info}]}]\n",
        "rules: [{name: a, match: {$or: []}, actions: [{log: info}]}]\n",
        RULE + "    actions: []\n",
        RULE + "    actions: [{lgo: info}]\n",
        RULE + "    actions: [{redeploy: web}]\n",
        RULE + "    actions: [{scale: service}]\n",
        RULE + "    actions: [{scale: service, to: -1}]\n",
        RULE + "    actions: [{log: loud}]\n",
        RULE + "    actions: [{log: info, slack: ops}]\n",
        RULE + "    actions: [{log: info}]\n    throtle: 1 per 5m\n",
        RULE + "    actions: [{log: info}]\n    after: 3 per 10m\n",
        RULE + "    actions: [{log: info}]\n    during: {then: hold}\n",
        RULE + "    actions: [{log: info}]\n    then: {match: {x: 1}}\n",
        RULE + "    actions: [{log: info}]\n    resolve: {state: Running}\n",
        RULE + "    actions: [{log: info}]\n    mode: several\n",
        RULE + "    actions: [{log: info}]\n    absent: {match: {x: 1}, within: 1h}\n",
        RULE + "    actions: [{log: info, when: []}]\n",
        RULE + "    actions: [{log: info, resolve: {match: {x: 1}}}]\n",
        RULE + "    actions: [{log: info}]\n    tests: [{steps: [{respond: {log: 20}}]}]\n",
        RULE + "    actions: [{log: info}]\n    tests: [{steps: [{restart: false}]}]\n",
        "rules: [{name: a, actions: [{log: info}]}]\n",
        "time_intervals: {a: {day: mon}}\n",
        "hub: true\n",
        "hub: {port: 8001}\n",
        "hub: {tls: {cert: hub.pem}}\n",
        RULE + "    actions: [{log: info}]\n    tests: [{steps: [{send: {}, because: x}]}]\n",
    ],
)
def test_what_does_not_load_does_not_fit(tmp_path, text):
    assert faults(tmp_path, text)
