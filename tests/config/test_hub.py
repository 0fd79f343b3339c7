"""`hub`: where, to whom, and of which source."""

import pytest

from reactor.config.hub import read_listen
from reactor.config.ruleset import Resolve
from reactor.model.errors import RulesInvalid
from reactor.model.hub import CertificateFiles, HubSpec
from tests.config.loading import load, load_text, mistakes

RULE = "rules: [{name: a, match: {state: Stopped}, actions: [{log: info}]}]\n"
LOCAL = "sources: {local: {type: docker}}\n"


def loaded(tmp_path, hub, sources=LOCAL, environment=None):
    return load_text(tmp_path, f"hub: {hub}\n{sources}{RULE}", environment)


def test_without_it_none_is_served(tmp_path):
    assert load_text(tmp_path, LOCAL + RULE).ruleset.hub is None


def test_nothing_needs_to_be_said_of_it(tmp_path):
    found = loaded(tmp_path, "{}")

    assert found.ruleset.hub == HubSpec(source="local", listen=("127.0.0.1", 8001))
    assert found.warnings == ()


def test_all_can_be_said_of_it(tmp_path):
    sources = "sources: {a: {type: docker}, b: {type: docker, host: 'tcp://127.0.0.1:2375'}}\n"
    given = "listen: '0.0.0.0:443', user: acme, apikey: k, read_only: true, namespace: team"
    found = loaded(tmp_path, f"{{{given}, tls: {{cert: c.pem, key: k.pem}}, source: b}}", sources)

    hub = found.ruleset.hub
    assert (hub.listen, hub.user, hub.apikey.value) == (("0.0.0.0", 443), "acme", "k")
    assert (hub.read_only, hub.namespace, hub.source) == (True, "team", "b")
    assert hub.certificate == CertificateFiles(chain="c.pem", key="k.pem")
    assert found.warnings == ()


def test_its_key_shows_nowhere(tmp_path):
    ruleset = loaded(tmp_path, "{user: acme, apikey: '${KEY}'}", environment={"KEY": "s3cret"})

    assert ruleset.ruleset.hub.apikey.value == "s3cret"
    assert "s3cret" not in repr(ruleset.ruleset.hub)
    assert "s3cret" not in ruleset.ruleset.text
    assert "apikey: ${KEY}" in ruleset.ruleset.text


def test_offline_its_variables_may_be_missing(tmp_path):
    hub = "{listen: '${AT}', user: '${U}', apikey: '${K}', tls: {cert: '${C}', key: k}}"

    text = f"hub: {hub}\n{LOCAL}{RULE}"
    assert load_text(tmp_path, text, {}, Resolve.RULES).ruleset.hub is not None


def test_beyond_this_machine_keys_in_clear_are_warned_of(tmp_path):
    (warning,) = loaded(tmp_path, "{listen: '0.0.0.0:8001'}").warnings

    assert "'hub' can be reached at 0.0.0.0: its clients' keys travel unencrypted" in str(warning)


@pytest.mark.parametrize(
    ("hub", "message"),
    [
        ("yes", "1:6: 'hub' is \"yes\", expected a mapping, such as {listen: '127.0.0.1:8001'}"),
        ("{port: 1}", "1:7: unknown key 'port'"),
        ("{listen: '8001'}", "1:15: 'listen' is \"8001\", expected HOST:PORT such as"),
        ("{user: acme}", "1:7: 'user' needs 'apikey'"),
        ("{apikey: k}", "1:7: 'apikey' needs 'user'"),
        ("{user: 'a:b', apikey: k}", "1:13: 'user' is \"a:b\", expected a name without a colon"),
        ("{namespace: a/b}", "1:18: 'namespace' is \"a/b\", expected letters, digits, - and _"),
        ("{tls: {cert: c.pem}}", "1:12: 'tls' needs 'key'"),
        ("{source: locla}", "'source' names 'locla', which does not exist (did you mean 'local'?)"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, hub, message):
    assert message in mistakes(tmp_path, f"hub: {hub}\n{LOCAL}{RULE}")


@pytest.mark.parametrize(
    ("sources", "hub", "message"),
    [
        ("{f: {type: file, path: a}}", "{}", "1:1: 'hub' needs a source of type docker"),
        ("{}", "{}", "1:1: 'hub' needs a source of type docker"),
        ("{a: {type: docker}, b: {type: docker}}", "{}", "1:1: 'hub' needs 'source', one of a, b"),
        ("{f: {type: file, path: a}}", "{source: f}",
         "1:15: 'source' names 'f', which is of type file, expected docker"),
    ],
)  # fmt: skip
def test_it_needs_an_engine_to_serve(tmp_path, sources, hub, message):
    assert message in mistakes(tmp_path, f"hub: {hub}\nsources: {sources}\n{RULE}")


def test_of_several_files_one_has_it(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("hub: {}\n")
    (tmp_path / "c.yaml").write_text(LOCAL + RULE)

    with pytest.raises(RulesInvalid, match=r"b.yaml:1:1: 'hub' is there twice, first at "):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8001", ("127.0.0.1", 8001)),
        ("hub.example.com:0", ("hub.example.com", 0)),
        ("[::1]:65535", ("::1", 65535)),
        ("::1:8001", None),
        ("127.0.0.1", None),
        (":8001", None),
        ("127.0.0.1:65536", None),
        ("127.0.0.1:-1", None),
        ("a b:1", None),
    ],
)
def test_an_address_is_a_host_and_a_port(text, address):
    assert read_listen(text) == address
