from datetime import timedelta

import pytest

from reactor.config.interpolate import Resolve
from reactor.config.node import Entry, Problems
from reactor.config.settings import parse_source
from reactor.model.protocols import Field, Kind, SourceType
from reactor.model.rule import Rate
from reactor.model.secret import Secret
from reactor.sources import SOURCES
from tests.conditions import node_of
from tests.config.loading import load_text, mistakes

KINDS = {"user": Kind.TEXT, "apikey": Kind.SECRET, "auth": Kind.SECRET, "filter": Kind.FILTER}
CLOUD = SourceType(
    fields={key: Field(kind=kind, about=f"The {key}.") for key, kind in KINDS.items()},
    platform=True,
    open=SOURCES["docker"].open,
)

WEBHOOK = """\
destinations:
  log:
    type: webhook
    url: ${URL:-https://example.com/hook}
    secret: ${SECRET:-whsec_c2VjcmV0}
    headers: {X-Team: ops, Authorization: "Bearer ${TOKEN:-t}"}
    rate_limit: 2 per 1s
"""


def test_a_webhook_destination_is_read_whole(tmp_path):
    found = load_text(tmp_path, WEBHOOK).ruleset.destinations["log"]

    assert found.type == "webhook"
    assert found.url.value == "https://example.com/hook"
    assert found.secret == (Secret("whsec_c2VjcmV0"),)
    assert found.headers == {"X-Team": Secret("ops"), "Authorization": Secret("Bearer t")}
    assert found.rate_limit == Rate(2, timedelta(seconds=1))


def test_sources_are_read_by_the_keys_that_their_types_declare(tmp_path):
    text = 'sources:\n  local: {type: docker}\n  lines: {type: file, path: "-", follow: true}\n'

    sources = load_text(tmp_path, text).ruleset.sources

    assert sources["local"].options == {}
    assert sources["lines"].options == {"path": "-", "follow": True}
    assert sources["lines"].place.line == 3


def test_a_source_of_docker_clouds_kind_is_read_and_looked_at_as_a_whole():
    table = node_of("{type: cloud, user: acme, auth: x, filter: {type: 'container,service'}}")
    entry, problems = Entry(key_place=table.place, value=table), Problems()

    spec = parse_source("cloud", entry, {"cloud": CLOUD}, problems)

    filtered = {"type": ("container", "service")}
    assert spec.options == {"user": "acme", "auth": Secret("x"), "filter": filtered}
    [told] = problems.found
    assert told.message == "'user' stands beside 'auth', which is the whole header"


def test_a_websocket_and_a_schedule_are_read_by_their_kinds(tmp_path):
    text = """\
sources:
  one: {type: websocket, url: "wss://h/${T:-x}", subprotocols: mqtt, headers: {X-Key: k}}
  two: {type: websocket, url: ws://h, subprotocols: [a, b]}
  tick: {type: schedule, every: 1h30m, catch_up: none}
"""

    sources = load_text(tmp_path, text).ruleset.sources

    headers = {"X-Key": Secret("k")}
    url = Secret("wss://h/x")
    assert sources["one"].options == {"url": url, "subprotocols": ("mqtt",), "headers": headers}
    assert sources["two"].options["subprotocols"] == ("a", "b")
    assert sources["tick"].options == {"every": timedelta(minutes=90), "catch_up": "none"}


def test_a_hook_is_read_with_how_its_sender_signs(tmp_path):
    text = """\
sources:
  ci: {type: webhook, secret: a, signature: {header: X-Signature, algorithm: sha1}}
  gh: {type: webhook, preset: github, secret: "${SECRET}"}
"""

    sources = load_text(tmp_path, text, resolve=Resolve.RULES).ruleset.sources

    signature = {"header": "X-Signature", "algorithm": "sha1"}
    assert sources["ci"].options == {"secret": Secret("a"), "signature": signature}
    assert sources["gh"].options["preset"] == "github"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{type: schedule}", "1:15: 'cron': a schedule needs either 'cron' or 'every'"),
        ("{type: schedule, cron: '61 * * * *'}", "1:38: 'cron': Error validating expression '61'"),
        ("{type: websocket, url: 'https://h'}", "1:38: 'url': expected a URL such as wss://"),
    ],
)
def test_what_a_source_says_of_its_options_is_told_at_its_place(tmp_path, entry, told):
    assert mistakes(tmp_path, f"sources: {{a:  {entry}}}\n").startswith(f"rules.yaml:{told}")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{type: schedule, every: often}", "'every' is \"often\", expected a duration"),
        ("{type: schedule, every: 1h, crom: x}", "unknown key 'crom' (did you mean 'cron'?)"),
    ],
)
def test_what_cannot_be_read_is_told_alone(tmp_path, entry, told):
    found = mistakes(tmp_path, f"sources: {{a: {entry}}}\n")

    assert told in found
    assert "\n" not in found


def test_offline_options_that_lack_their_variables_are_not_looked_at(tmp_path):
    text = "sources:\n  a: {type: websocket, url: '${URL}'}\n  b: {type: schedule, cron: '${C}'}\n"

    offline = load_text(tmp_path, text, resolve=Resolve.RULES).ruleset

    assert list(offline.sources) == ["a", "b"]


def test_offline_a_destination_may_lack_its_variables(tmp_path):
    text = "destinations:\n  ops: {type: slack, url: '${HOOK}'}\n"

    offline = load_text(tmp_path, text, resolve=Resolve.RULES).ruleset

    assert offline.destinations["ops"].url == Secret("${HOOK}")
    assert mistakes(tmp_path, text) == (
        "rules.yaml:2:27: the variable HOOK is not set (set it, or write ${HOOK:-default})"
    )


def test_a_wrong_url_is_told_without_showing_it(tmp_path):
    text = "destinations:\n  ops: {type: slack, url: '${HOOK}'}\n"

    told = mistakes(tmp_path, text, {"HOOK": "hooks.slack.com/T0/s3cret"})

    assert told == "rules.yaml:2:27: 'url': expected a URL that begins with http:// or https://"


def test_an_empty_secret_is_a_mistake(tmp_path):
    text = "destinations:\n  a: {type: webhook, url: 'https://h', secret: '${S}'}\n"

    assert mistakes(tmp_path, text, {"S": ""}) == "rules.yaml:2:48: 'secret' is empty"
