"""Who may use the hub."""

import pytest

from reactor.hub.auth import Credentials, unauthorized
from tests.hub.served import CREDENTIALS, basic


@pytest.mark.parametrize(
    "header",
    [
        basic("acme", "s3cret"),
        basic("acme", "s3cret").replace("Basic", "basic"),
        basic("acme", "s3cret").replace(" ", "  "),
    ],
)
def test_the_right_user_and_key_are_accepted(header):
    assert CREDENTIALS.accept(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic Ö",
        "Basic !!!",
        "Basic YWNtZTpzM2NyZX",
        "Basic /w==",
        basic("acme", "S3cret"),
        basic("acme", "s3cret "),
        basic("acme", ""),
        basic("", "s3cret"),
        basic("Acme", "s3cret"),
        basic("acme", "s3cret").replace("Basic", "Bearer"),
        "acme:s3cret",
        "ApiKey acme:s3cret",
    ],
)
def test_all_else_is_not(header):
    assert not CREDENTIALS.accept(header)


def test_a_key_may_hold_colons_and_any_letters():
    assert Credentials(user="acme", key="a:b:ü").accept(basic("acme", "a:b:ü"))


def test_the_key_shows_nowhere():
    assert "s3cret" not in repr(CREDENTIALS)


def test_a_refusal_says_how_to_do_better():
    refusal = unauthorized()

    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"].startswith("Basic ")
