import json

import pytest
from jsonschema import Draft7Validator

from reactor.actions import ACTIONS
from reactor.config import later
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


@pytest.mark.parametrize("text", [WITH_SECRETS, WITH_TESTS, FROM_EVENTBRIDGE])
def test_what_loads_fits_the_schema(tmp_path, text):
    assert faults(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\n",
        "rule: []\n",
        "sources: {a: {type: dokcer}}\n",
        "sources: {a: {type: file}}\n",
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
        RULE + "    actions: [{log: info}]\n    tests: [{steps: [{send: {}, because: x}]}]\n",
    ],
)
def test_what_does_not_load_does_not_fit(tmp_path, text):
    assert faults(tmp_path, text)


def test_words_of_later_versions_are_not_in_the_schema():
    text = json.dumps(SCHEMA)

    for word in (later.RULE | later.ACTION | later.STEP | later.TOP) - {"for", "max", "then"}:
        assert f'"{word}":' not in text
