import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.config.interpolate import Resolve
from reactor.config.load import write_yaml
from reactor.model.errors import RulesInvalid
from tests.config.loading import OPS, load, load_text, mistakes

BAD = Path(__file__).parent / "bad"
FILES = sorted(BAD.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_mistake_is_told_at_its_place(file):
    with pytest.raises(RulesInvalid) as caught:
        load(file)

    told = str(caught.value).replace(f"{BAD}/", "") + "\n"
    assert told == file.with_suffix(".txt").read_text()


def test_no_message_shows_a_secret():
    texts = [file.with_suffix(".txt").read_text() for file in FILES]

    assert "s3cret" in (BAD / "secret.txt").read_text()
    assert not [text for text in texts if "s3cret" in text]


def test_a_missing_file_is_told_like_any_mistake(tmp_path):
    with pytest.raises(RulesInvalid) as caught:
        load(tmp_path / "none.yaml")

    assert str(caught.value) == (
        f"{tmp_path}/none.yaml:1:1: the file cannot be read: No such file or directory"
    )


def test_what_an_alias_repeats_is_told_once(tmp_path):
    text = """\
rules:
  - name: a
    match: {x: 1}
    throttle: &t never
    actions: [{log: info, throttle: *t}, {log: info, name: b, throttle: *t}]
"""

    assert mistakes(tmp_path, text) == (
        "rules.yaml:4:15: rule 'a': 'throttle' is \"never\", "
        'expected N per DURATION such as "1 per 5m"'
    )


def test_offline_a_rule_still_needs_its_variables(tmp_path):
    text = f"{OPS}rules: [{{name: a, match: {{x: '${{X}}'}}, actions: [{{log: info}}]}}]\n"

    told = mistakes(tmp_path, text, resolve=Resolve.RULES)

    assert told.startswith("rules.yaml:2:30: rule 'a': the variable X is not set")


def test_two_loads_of_one_file_have_one_hash_and_different_marks(tmp_path):
    text = f"{OPS}rules: []\n"

    one, other = (load_text(tmp_path, text).ruleset for _ in range(2))

    assert one.hash == other.hash
    assert one.vault.nonce != other.vault.nonce


def test_sources_that_gather_evidence_carry_what_rules_wish_for(tmp_path):
    text = """\
sources:
  local: {type: docker}
  spare: {type: docker}
  lines: {type: file, path: "-"}
rules:
  - {name: a, source: local, match: {container.log_tail: x}, actions: [{log: info}]}
"""

    sources = load_text(tmp_path, text).ruleset.sources

    evidence = {name: set(source.evidence) for name, source in sources.items()}
    assert evidence == {"local": {"log_tail"}, "spare": set(), "lines": set()}


RICH = {
    "version": 1,
    "sources": {
        "lines": {"type": "file", "path": "-", "follow": True},
        "cloud": {
            "type": "dockercloud",
            "user": "acme",
            "apikey": "x",
            "filter": {"type": ["container"], "parent": "/api/a/,/api/b/"},
            "rest_host": "https://h/",
        },
    },
    "destinations": {"ops": {"type": "webhook", "url": "http://h", "headers": {"A": "b"}}},
    "time_intervals": {"nights": {"days": ["mon-fri"], "from": "22:00", "to": "06:00"}},
    "rules": [
        {
            "name": "crash",
            "match": {"state": "Stopped", "any": [{"n": {"not": [0]}}]},
            "unless": {"labels.quiet": "1"},
            "source": ["lines"],
            "group_by": ["service.name"],
            "throttle": {"count": 1, "per": "5m"},
            "after": {"count": 3, "within": "10m"},
            "for": "2m",
            "during": ["nights"],
            "not_during": {"interval": "nights", "then": "hold"},
            "then": {"match": {"state": {"from": "Running", "to": ["Stopped"]}}, "within": "5m"},
            "resolve": {"match": {"state": "Running"}},
            "mode": "queued",
            "max": 3,
            "on_restart": "skip",
            "actions": [
                {
                    "webhook": "ops",
                    "body": {"token": "x", "list": ["{{ state }}"]},
                    "headers": {"X": "y"},
                    "retry": {"first": "1s"},
                },
                {"slack": "ops", "text": "x", "if": {"a": 1}, "when": ["opened"]},
                {"rest": "PATCH {{ service.uri }}", "body": {"n": 1}},
                {"scale": "service", "to": 3},
            ],
            "tests": [
                {
                    "name": "t",
                    "facts": {"service.name": "web"},
                    "steps": [
                        {"send": {}, "expect": ["webhook"], "because": ["throttled"]},
                        {"respond": {"webhook": 503}},
                        {"restart": True},
                        {"silence": {"match": {"a": 1}, "for": "1h"}},
                    ],
                }
            ],
        },
        {
            "name": "quiet",
            "absent": {"match": {"type": "backup"}, "within": "26h"},
            "actions": [{"log": "info"}],
        },
    ],
}
ODD_TEXTS = ["", " ", "${", "${X}", "{{", "{{ x", "://", "http://h/{{ 1 + 1 }}", "1 per 5m", "any"]
ODD_NODES = [None, True, 0, -1.5, [], {}, [[]], {"": {}}, [None], {"a": [1]}, "\x85", "x" * 600]
ODD = st.sampled_from([*ODD_TEXTS, *ODD_NODES])


def places_of(value, above=()):
    """Every way from the top of a value to what is in it."""
    yield above
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from places_of(inner, (*above, key))


def with_odd(value, place, odd):
    """The value with `odd` at `place`."""
    if not place:
        return odd
    copy = value.copy()
    copy[place[0]] = with_odd(value[place[0]], place[1:], odd)
    return copy


@settings(max_examples=300)
@given(st.sampled_from(list(places_of(RICH))), ODD, st.sampled_from(Resolve))
def test_whatever_stands_where_it_should_not_is_told_and_crashes_nothing(
    tmp_path_factory, place, odd, resolve
):
    text = write_yaml(with_odd(RICH, place, odd))

    with contextlib.suppress(RulesInvalid):
        load_text(tmp_path_factory.getbasetemp(), text, {}, resolve)
