from datetime import timedelta

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
    assert found.secret == Secret("whsec_c2VjcmV0")
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
