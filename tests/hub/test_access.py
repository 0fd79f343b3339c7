"""Credentials: from the rule file, from the environment, or none."""

import pytest

from reactor.hub.access import KEY, KEY_FILE, USER, find_credentials
from reactor.hub.auth import Credentials
from reactor.model.errors import ReactorError
from reactor.model.hub import HubSpec
from reactor.model.secret import Secret

ENVIRONMENT = {USER: "acme", KEY: "s3cret"}


def test_the_rule_file_comes_before_the_environment():
    spec = HubSpec(source="local", user="team", apikey=Secret("k"))

    assert find_credentials(spec, ENVIRONMENT) == Credentials(user="team", key="k")
    assert find_credentials(HubSpec(source="local"), ENVIRONMENT) == Credentials(
        user="acme", key="s3cret"
    )


def test_the_key_may_be_in_a_file(tmp_path):
    (tmp_path / "key").write_text("s3cret\n")

    found = find_credentials(None, {USER: "acme", KEY_FILE: str(tmp_path / "key")})

    assert found == Credentials(user="acme", key="s3cret")


@pytest.mark.parametrize("environment", [{}, {USER: "", KEY: ""}])
def test_there_may_be_none(environment):
    assert find_credentials(None, environment) is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({USER: "acme"}, "go together"),
        ({KEY: "s3cret"}, "go together"),
        ({USER: "a:b", KEY: "s3cret"}, "expected a name without a colon"),
        ({**ENVIRONMENT, KEY_FILE: "key"}, "are set: leave one of them out"),
        ({USER: "acme", KEY_FILE: "/no/such/file"}, "/no/such/file cannot be read"),
        ({USER: "acme", KEY_FILE: "/dev/null"}, "/dev/null is empty"),
    ],
)
def test_halves_and_contradictions_are_refused_without_the_key(environment, words):
    with pytest.raises(ReactorError, match=words) as refusal:
        find_credentials(None, environment)

    assert "s3cret" not in str(refusal.value)
