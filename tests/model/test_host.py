"""The host of a URL is read in one way, or not at all."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.host import host_of, is_local_name, without_user


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/path?query#fragment", "example.com"),
        ("HTTPS://Example.COM", "example.com"),
        ("http://example.com:8080", "example.com"),
        ("http://example.com:?x", "example.com"),
        ("http://example.com.", "example.com"),
        ("http://my_service:8080/", "my_service"),
        ("http://1st.example/", "1st.example"),
        ("http://127.0.0.1#x", "127.0.0.1"),
        ("http://[::1]:8080/", "::1"),
        ("http://[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
        ("https://xn--bcher-kva.example", "xn--bcher-kva.example"),
        (f"https://{'a' * 63}.example", f"{'a' * 63}.example"),
    ],
)
def test_a_host_is_a_name_or_an_address(url, host):
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("name", "is_local"),
    [
        ("localhost", True),
        ("receiver", True),
        ("db.internal", True),
        ("nas.local", True),
        ("box.lan", True),
        ("tv.home.arpa", True),
        ("example.com", False),
        ("localhost.example.com", False),
        ("internal.example", False),
        ("notinternal.org", False),
        ("wlan.example", False),
    ],
)
def test_some_names_say_that_they_are_of_here(name, is_local):
    assert is_local_name(name) is is_local


@pytest.mark.parametrize(
    ("url", "bare"),
    [
        ("http://user:p@ss@proxy:3128", "http://proxy:3128"),
        ("http://proxy:3128/a@b", "http://proxy:3128/a@b"),
        ("https://user@[::1]?x", "https://[::1]?x"),
        ("proxy", "proxy"),
    ],
)
def test_the_user_of_a_proxy_is_left_out(url, bare):
    assert without_user(url) == bare


@given(st.text(alphabet=r"ab1.:/@[]\%#?-_0x" + "\n\u2460", max_size=30))
def test_what_is_read_is_what_others_read(rest):
    url = f"http://{rest}"

    host = host_of(url)

    if host is not None:
        assert (urlsplit(url).hostname or "").removesuffix(".") == host
