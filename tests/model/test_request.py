"""A URL is shown without what may be secret in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.request import shown_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/T0/B0/secret", "https://hooks.example.com/…"),
        ("https://hooks.example.com", "https://hooks.example.com/…"),
        ("http://127.0.0.1:8080/in?token=secret#secret", "http://127.0.0.1:8080/…"),
        ("https://user:secret@example.com/", "https://example.com/…"),
        ("http://[::1]:8080/secret", "http://[::1]:8080/…"),
        ("http://host:no-port/secret", None),
        ("http://[::1/secret", None),
        ("/secret", None),
        ("secret", None),
        ("", None),
    ],
)
def test_only_scheme_host_and_port_are_shown(url, shown):
    assert shown_url(url) == shown


@given(st.text())
def test_whatever_the_url_showing_it_never_raises(url):
    shown_url(url)
