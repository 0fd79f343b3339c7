"""`heartbeat`: a URL that is a secret, and a span."""

from datetime import timedelta
from ipaddress import ip_network

import pytest

from reactor.config.ruleset import Resolve
from reactor.model.errors import RulesInvalid
from tests.config.loading import load, load_text, mistakes

RULE = "rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]\n"


def test_without_it_nothing_is_called(tmp_path):
    assert load_text(tmp_path, RULE).ruleset.heartbeat is None


def test_it_is_called_every_minute_unless_the_file_says_otherwise(tmp_path):
    plain = load_text(tmp_path, RULE + "heartbeat: {url: 'https://hc.example/abc'}\n").ruleset
    quick = load_text(tmp_path, RULE + "heartbeat: {url: 'http://hc.example/', every: 10s}\n")

    assert plain.heartbeat.every == timedelta(minutes=1)
    assert plain.heartbeat.url.value == "https://hc.example/abc"
    assert quick.ruleset.heartbeat.every == timedelta(seconds=10)


def test_its_name_may_lead_into_networks_that_are_allowed(tmp_path):
    text = RULE + "heartbeat: {url: 'https://hc.example/', allow: [10.0.0.0/8]}\n"

    assert load_text(tmp_path, text).ruleset.heartbeat.allow == (ip_network("10.0.0.0/8"),)


def test_its_url_shows_nowhere(tmp_path):
    text = RULE + "heartbeat: {url: 'https://hc.example/abc'}\n"

    loaded = load_text(tmp_path, text).ruleset

    assert "abc" not in repr(loaded.heartbeat)
    assert "hc.example" not in loaded.text


def test_offline_its_url_may_be_missing(tmp_path):
    text = RULE + "heartbeat: {url: '${HEARTBEAT_URL}'}\n"

    assert load_text(tmp_path, text, {}, Resolve.RULES).ruleset.heartbeat is not None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("https://hc.example", "1:12: 'heartbeat' is \"https://hc.example\", expected a mapping"),
        ("{every: 1m}", "1:12: 'heartbeat' needs 'url'"),
        ("{url: ftp://hc.example}", "1:18: 'url': expected a URL that begins with http://"),
        ("{url: 'http://h', every: 1}", "1:37: 'every' is 1, expected a duration"),
        ("{url: 'http://h', every: 900ms}", "1:37: 'every' is \"900ms\", expected at least 1s"),
        ("{uri: 'http://h'}", "1:13: unknown key 'uri' (did you mean 'url'?)"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, value, message):
    assert f"rules.yaml:{message}" in mistakes(tmp_path, f"heartbeat: {value}\n{RULE}")


def test_of_several_files_one_has_it(tmp_path):
    folder = tmp_path / "rules.yaml"
    folder.mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text("heartbeat: {url: 'http://h'}\n")
    (folder / "c.yaml").write_text(RULE)

    with pytest.raises(RulesInvalid, match=r"b.yaml:1:1: 'heartbeat' is there twice, first at "):
        load(folder)
