from pathlib import Path

import pytest

from reactor.config.interpolate import Resolve
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
