import json
from base64 import b64encode

import pytest

from reactor.model.errors import SourceRefused
from reactor.model.secret import Secret
from reactor.platforms.credentials import (
    REGISTRY,
    find_authorization,
    find_tutum_login,
    user_of,
)

ENV = "DOCKERCLOUD_"


def basic(text):
    return f"Basic {b64encode(text.encode()).decode()}"


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".docker").mkdir()
    return tmp_path


def logged_in(home, **config):
    (home / ".docker/config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({"auth": Secret("Bearer x\n")}, {f"{ENV}AUTH": "env"}, "Bearer x"),
        ({"auth": Secret("a"), "user": "u", "apikey": Secret("k")}, {}, "a"),
        ({"user": "u", "apikey": Secret("k\n")}, {f"{ENV}AUTH": "env"}, basic("u:k")),
        ({"user": "ü", "apikey": Secret("k")}, {}, basic("ü:k")),
        ({}, {f"{ENV}AUTH": "env", f"{ENV}USER": "u", f"{ENV}APIKEY": "k"}, "env"),
        ({}, {f"{ENV}USER": "u", f"{ENV}APIKEY": "k", f"{ENV}PASS": "p"}, basic("u:k")),
        ({}, {f"{ENV}USER": "u", f"{ENV}PASS": "p"}, basic("u:p")),
        ({}, {}, "Basic ZmlsZQ=="),
        ({}, {f"{ENV}USER": "u"}, "Basic ZmlsZQ=="),
        ({}, {f"{ENV}AUTH": ""}, "Basic ZmlsZQ=="),
    ],
)
def test_the_nearest_credentials_win(options, environ, expected, home):
    logged_in(home, auths={REGISTRY: {"auth": "ZmlsZQ=="}})

    assert find_authorization(options, environ, home) == expected


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "{}", '{"auths": 1}', '{"auths": {"other": {"auth": "x"}}}']
)
def test_without_any_it_is_said_what_to_set(text, home):
    if text is not None:
        (home / ".docker/config.json").write_text(text)

    with pytest.raises(SourceRefused, match=r"^no credentials: set 'user' and 'apikey'"):
        find_authorization({}, {}, home)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"user": "ann"}, "'user' is set and 'apikey' is not"),
        ({"apikey": Secret("hidden")}, "'apikey' is set and 'user' is not"),
        ({"auth": Secret("hidden\r\nX: y")}, "characters that no header can carry"),
        ({"auth": Secret("hidden ü")}, "characters that no header can carry"),
    ],
)
def test_what_cannot_be_used_is_refused_and_not_shown(options, words, home):
    with pytest.raises(SourceRefused, match=words) as refused:
        find_authorization(options, {f"{ENV}AUTH": "hidden too"}, home)

    assert "hidden" not in str(refused.value)


def a_store(home, answer, code=0):
    """A credential helper that gives `answer` when it is asked for the right registry."""
    logged_in(home, credsStore="my-store2")
    program = home / "docker-credential-my-store2"
    program.write_text(
        f"#!/bin/sh\n[ $1 = get ] && [ \"$(cat)\" = {REGISTRY} ] && echo '{answer}'; exit {code}\n"
    )
    program.chmod(0o755)
    return {"PATH": f"{home}:/usr/bin:/bin"}


def test_a_credential_store_is_asked(home):
    environ = a_store(home, '{"ServerURL": "x", "Username": "ann", "Secret": "key"}')

    assert find_authorization({}, environ, home) == basic("ann:key")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("credentials not found", 1),
        ("no json", 0),
        ('{"Username": "ann"}', 0),
        ('{"Username": "<token>", "Secret": "an identity token is no password"}', 0),
    ],
)
def test_a_credential_store_that_has_none_gives_none(answer, code, home):
    environ = a_store(home, answer, code)

    with pytest.raises(SourceRefused):
        find_authorization({}, environ, home)


@pytest.mark.parametrize("name", ["../evil", "a b", "", "no-such-store", 7])
def test_a_store_that_is_no_program_of_ours_is_not_run(name, home):
    logged_in(home, credsStore=name)

    with pytest.raises(SourceRefused):
        find_authorization({}, {"PATH": str(home)}, home)


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        (basic("ann:a:b"), "ann"),
        ("basic YW5uOmtleQ==", "ann"),
        ("ApiKey ann:a:b", "ann"),
        ("Bearer YW5uOmtleQ==", ""),
        ("Basic !", ""),
        ("Basic /w==", ""),
        ("", ""),
    ],
)
def test_whom_a_basic_value_names(authorization, user):
    assert user_of(authorization) == user


TUTUM = "TUTUM_"


@pytest.mark.parametrize(
    ("options", "environ", "expected"),
    [
        ({"auth": Secret("Bearer x\n")}, {f"{TUTUM}AUTH": "env"}, "Bearer x"),
        ({"user": "u", "apikey": Secret("k")}, {f"{TUTUM}AUTH": "env"}, basic("u:k")),
        ({}, {f"{TUTUM}AUTH": "env", f"{TUTUM}USER": "u", f"{TUTUM}APIKEY": "k"}, "env"),
        ({}, {f"{TUTUM}USER": "u", f"{TUTUM}APIKEY": "k", f"{TUTUM}PASS": "p"}, basic("u:k")),
        ({}, {f"{TUTUM}USER": "u", f"{TUTUM}PASS": "p"}, basic("u:p")),
        ({}, {f"{TUTUM}USER": "u"}, basic("ann:100%")),
        ({}, {f"{ENV}AUTH": "of another service"}, basic("ann:100%")),
    ],
)
def test_tutums_credentials_come_from_its_own_places(options, environ, expected, home):
    (home / ".tutum").write_text("[auth]\nuser = ann\napikey = 100%\n")

    assert find_tutum_login(options, environ, home) == (expected, {})


@pytest.mark.parametrize(
    ("auth", "authorization", "login"),
    [
        ("Basic YW5uOmtleQ==", "Basic YW5uOmtleQ==", {}),
        ("ApiKey ann:k:y", "ApiKey ann:k:y", {"user": "ann", "token": "k:y"}),
        ("Apikey ann:key", "Apikey ann:key", {"user": "ann", "token": "key"}),
        ("?auth=Basic YW5uOmtleQ==", "Basic YW5uOmtleQ==", {"auth": "Basic YW5uOmtleQ=="}),
        ("ApiKey", "ApiKey", {}),
    ],
)
def test_the_style_of_the_credentials_says_what_the_stream_is_asked(
    auth, authorization, login, home
):
    assert find_tutum_login({"auth": Secret(auth)}, {}, home) == (authorization, login)


def test_the_newest_login_of_tutum_kept_the_encoded_pair(home):
    (home / ".tutum").write_text("[auth]\nbasic_auth = YW5uOmtleQ==\n")

    assert find_tutum_login({}, {}, home) == ("Basic YW5uOmtleQ==", {})


@pytest.mark.parametrize(
    "text", [None, b"", b"user = ann", b"[auth]\nuser = ann\n", b"\xff", b"[auth]\nuser\n"]
)
def test_without_credentials_for_tutum_it_is_said_what_to_set(text, home):
    if text is not None:
        (home / ".tutum").write_bytes(text)

    with pytest.raises(SourceRefused, match=r"^no credentials: .* TUTUM_USER and TUTUM_APIKEY"):
        find_tutum_login({}, {}, home)
