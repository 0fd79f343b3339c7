"""How and where requests of a destination go, as the rule file says it."""

from ipaddress import ip_network

import pytest

from reactor.model.errors import RulesInvalid
from reactor.model.request import PLAIN, Route
from reactor.model.secret import Secret
from tests.config.loading import load_text

EXPECTED = "expected a network such as 10.0.0.0/8 or fd00::/8, or an address"
NO_HOST = "expected a URL with a host, such as https://example.com/path"
PEM = "-----BEGIN CERTIFICATE-----\\nMII\\n-----END CERTIFICATE-----\\n"


def route(tmp_path, keys, type_="webhook"):
    text = f'destinations:\n  ops: {{type: {type_}, url: "https://h/x", {keys}}}\n'
    return load_text(tmp_path, text).ruleset.destinations["ops"].route


def mistake(tmp_path, keys):
    with pytest.raises(RulesInvalid) as caught:
        route(tmp_path, keys)
    return [problem.message for problem in caught.value.problems]


def test_without_any_key_it_is_the_plain_one(tmp_path):
    assert route(tmp_path, "") == PLAIN


@pytest.mark.parametrize("type_", ["webhook", "slack"])
def test_every_key_is_read(tmp_path, type_):
    keys = (
        "ca: tls/ca.pem, cert: /etc/our.pem, key: /etc/our.key, "
        'proxy: "http://user:pass@proxy.lan:3128", allow: [10.0.0.0/8, "fd00::/8"], deny: 10.0.0.5'
    )

    assert route(tmp_path, keys, type_) == Route(
        ca=str(tmp_path / "tls/ca.pem"),
        cert="/etc/our.pem",
        key=Secret("/etc/our.key"),
        proxy=Secret("http://user:pass@proxy.lan:3128"),
        allow=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        deny=(ip_network("10.0.0.5/32"),),
    )


def test_a_pem_text_is_taken_as_it_is_and_a_key_may_be_a_secret(tmp_path):
    (tmp_path / "our.key").write_text("-----BEGIN PRIVATE KEY-----\nMII")

    found = route(tmp_path, f'ca: "{PEM}", cert: "{PEM}", key: "${{file:our.key}}"')

    assert found.ca == found.cert == PEM.encode().decode("unicode_escape")
    assert found.key == Secret("-----BEGIN PRIVATE KEY-----\nMII")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("key: /etc/our.key", "'key' needs 'cert'"),
        ('ca: ""', "'ca' is empty"),
        ("ca: 5", "'ca' is 5, expected a text"),
        ("allow: 10.0.0.1/8", f"'allow' is \"10.0.0.1/8\", {EXPECTED}"),
        ("deny: [localhost]", f"'deny' is \"localhost\", {EXPECTED}"),
        ("allow: []", "'allow' is an empty list, expected a text or several"),
        ("proxy: proxy.lan:3128", "'proxy': expected a URL that begins with http:// or https://"),
        ("proxy: 'socks5://h'", "'proxy': expected a URL that begins with http:// or https://"),
        ("proxy: 'http://u:p@h:99999'", f"'proxy': {NO_HOST}"),
    ],
)
def test_a_mistake_is_told_and_shows_no_password(tmp_path, keys, message):
    assert mistake(tmp_path, keys) == [message]
