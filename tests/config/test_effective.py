import pytest

from reactor.config.effective import rules_in
from tests.config.loading import load_text

TEXT = """\
sources:
  lines: {type: file, path: "${EVENTS:-events.jsonl}"}
  cloud: {type: dockercloud, user: acme, apikey: literal-key, filter: {type: "container,action"}}
destinations:
  ops: {type: slack, url: "${SLACK:-https://hooks.slack.com/default}", rate_limit: 1 per 1s}
  log:
    type: webhook
    url: https://example.com/${PATH_PART:-hook}
    secret: literal-secret
    headers: {Authorization: "Bearer ${TOKEN:-default-token}"}
rules:
  - name: crash
    match: {state: "${STATE:-Stopped}", code: "0137", n: 0137}
    throttle: 3 per 90s
    actions:
      - {slack: ops, text: "${file:note}", throttle: {per: 5m, count: 1}}
      - webhook: https://example.com/${PATH_PART:-x}?s={{ state }}
        headers: {X-Key: literal-key}
        body: {token: literal-token, text: "{{ state }}"}
      - {rest: "PATCH {{ service.uri }}", body: {token: literal-token}}
      - {scale: service, to: 2}
"""

EFFECTIVE = """\
version: 1
sources:
  lines:
    type: file
    path: events.jsonl
  cloud:
    type: dockercloud
    user: acme
    apikey: '***'
    filter:
      type: container,action
destinations:
  ops:
    type: slack
    url: ${SLACK:-***}
    rate_limit:
      count: 1
      per: 1s
  log:
    type: webhook
    url: https://example.com/${PATH_PART:-***}
    secret: '***'
    headers:
      Authorization: '***${TOKEN:-***}'
rules:
- name: crash
  match:
    state: Stopped
    code: "0137"
    n: 137
  throttle:
    count: 3
    per: 1m30s
  actions:
  - slack: ops
    text: ${file:note}
    throttle:
      count: 1
      per: 5m
  - webhook: https://example.com/${PATH_PART:-***}?s={{ state }}
    headers:
      X-Key: '***'
    body:
      token: '***'
      text: '{{ state }}'
  - rest: PATCH {{ service.uri }}
    body:
      token: '***'
  - scale: service
    to: 2
"""


@pytest.fixture
def note(tmp_path):
    (tmp_path / "note").write_text("s3cret-note")
    return tmp_path / "note"


def test_short_forms_are_long_and_secrets_are_left_out(tmp_path, note):
    assert load_text(tmp_path, TEXT).ruleset.text == EFFECTIVE


def test_the_hash_does_not_change_with_a_secret(tmp_path, note):
    before = load_text(tmp_path, TEXT).ruleset.hash
    note.write_text("another")
    other = TEXT.replace("literal-", "rotated-")
    environment = {"TOKEN": "t", "SLACK": "https://hooks.slack.com/x", "PATH_PART": "p"}

    assert load_text(tmp_path, other, environment).ruleset.hash == before


def test_the_hash_changes_with_what_a_rule_means(tmp_path, note):
    before = load_text(tmp_path, TEXT).ruleset.hash

    assert load_text(tmp_path, TEXT, {"STATE": "Running"}).ruleset.hash != before
    assert load_text(tmp_path, TEXT.replace("3 per", "4 per")).ruleset.hash != before


def test_what_is_printed_can_be_loaded_again(tmp_path, note):
    printed = load_text(tmp_path, TEXT).ruleset.text

    assert load_text(tmp_path, printed, {"SLACK": "https://h"}).ruleset.text.count("***") > 0


GATES = """\
time_intervals: {nights: {from: "${BEGIN:-22:00}", to: "06:00"}}
rules:
  - name: a
    match: {x: 1}
    after: 3 within 600s
    during: nights
    not_during: {interval: [nights]}
    actions:
      - {log: info, after: {within: 1m, count: 2}, during: {then: hold, interval: nights}}
"""

GATES_LONG = """\
version: 1
sources: {}
destinations: {}
time_intervals:
  nights:
    from: 22:00
    to: 06:00
rules:
- name: a
  match:
    x: 1
  after:
    count: 3
    within: 10m
  during:
    interval: nights
    then: drop
  not_during:
    interval:
    - nights
    then: drop
  actions:
  - log: info
    after:
      count: 2
      within: 1m
    during:
      interval: nights
      then: hold
"""


def test_gates_are_written_long(tmp_path):
    text = load_text(tmp_path, GATES).ruleset.text

    assert text == GATES_LONG
    assert load_text(tmp_path, text).ruleset.text == text


def test_the_rules_of_an_effective_text_are_found_again(tmp_path, note):
    rules = rules_in(load_text(tmp_path, TEXT).ruleset.text)

    assert list(rules) == ["crash"]
    assert rules["crash"]["throttle"] == {"count": 3, "per": "1m30s"}


def test_a_heartbeat_is_there_when_the_file_has_one_and_shows_no_url(tmp_path):
    text = "heartbeat: {url: 'https://hc.example/abc', every: 30s}\nrules: []\n"

    shown = load_text(tmp_path, text).ruleset.text

    assert "heartbeat:\n  url: '***'\n  every: 30s\n" in shown
