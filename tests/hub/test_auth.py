"""Who may use the hub."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from reactor.hub.auth import Credentials, unauthorized
from tests.hub.served import CREDENTIALS, basic


@pytest.mark.parametrize(
    "header",
    [
        basic("acme", "s3cret"),
        basic("acme", "s3cret").replace("Basic", "basic"),
        basic("acme", "s3cret").replace(" ", "  "),
        "ApiKey acme:s3cret",
        "Apikey acme:s3cret",
        "apikey  acme:s3cret ",
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
        "ApiKey acme:wrong",
        "ApiKey acme",
        "ApiKey",
        "ApiKey " + basic("acme", "s3cret").partition(" ")[2],
    ],
)
def test_all_else_is_not(header):
    assert not CREDENTIALS.accept(header)


@pytest.mark.parametrize(
    "query",
    [
        "auth=Basic+YWNtZTpzM2NyZXQ%3D",
        "auth=Basic%20YWNtZTpzM2NyZXQ=",
        "auth=Basic YWNtZTpzM2NyZXQ=",
        "auth=ApiKey%20acme:s3cret",
        "user=acme&token=s3cret",
        "token=s3cret&user=acme&command=sh",
        "sid=s3cret&user=acme",
        "auth=Basic+wrong&user=acme&token=s3cret",
    ],
)
def test_the_query_of_a_stream_may_have_them(query):
    assert CREDENTIALS.accept_query(QueryParams(query))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "auth=",
        "auth=YWNtZTpzM2NyZXQ%3D",
        "auth=Basic+YWNtZTp3cm9uZw==",
        "user=acme",
        "token=s3cret",
        "user=acme&token=",
        "user=acme&token=wrong",
        "user=&token=acme:s3cret",
        "apikey=s3cret&user=acme",
    ],
)
def test_all_other_queries_are_refused(query):
    assert not CREDENTIALS.accept_query(QueryParams(query))


def test_a_plus_of_the_encoding_need_not_be_escaped():
    credentials = Credentials(user="acme", key=">>>")
    assert "+" in basic("acme", ">>>")

    assert credentials.accept_query(QueryParams(f"auth={basic('acme', '>>>')}"))


def test_a_key_may_hold_colons_and_any_letters():
    credentials = Credentials(user="acme", key="a:b:ü")

    assert credentials.accept(basic("acme", "a:b:ü"))
    assert credentials.accept("ApiKey acme:a:b:ü".encode().decode("latin-1"))
    assert credentials.accept_query(QueryParams("user=acme&token=a:b:%C3%BC"))
    assert credentials.accept_query(QueryParams("auth=ApiKey+acme:a:b:%C3%BC"))


@given(st.text(max_size=40))
def test_nothing_that_a_stranger_writes_is_a_fault(text):
    assert not CREDENTIALS.accept(text)
    assert not CREDENTIALS.accept_query({"auth": text, "user": text, "token": text})
    assert not CREDENTIALS.accept(f"Basic {text}")
    assert not CREDENTIALS.accept(f"ApiKey {text}")


def test_the_key_shows_nowhere():
    assert "s3cret" not in repr(CREDENTIALS)


def test_a_refusal_says_how_to_do_better():
    refusal = unauthorized()

    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"].startswith("Basic ")
