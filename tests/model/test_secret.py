"""Secrets show nowhere and are joined only when they are sent."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.model.secret import MASK, Joint, Secret, SecretRef, Vault, masked

TOKEN = "${file:/run/secrets/token}"
KEY = "${cred:key}"
VAULT = Vault("q7Zx", {TOKEN: "hunter2", KEY: 'a "b"/c'})
ENCODE = {
    Joint.PLAIN: str,
    Joint.JSON: lambda text: json.dumps(text)[1:-1],
    Joint.URL: lambda text: quote(text, safe=""),
}


def test_a_secret_is_masked_in_every_form():
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert str(secret) == MASK


def test_a_text_is_cut_at_its_marks():
    text = f"Bearer {VAULT.mark(TOKEN)}!"

    assert VAULT.split(text) == ("Bearer ", SecretRef(TOKEN), "!")


def test_a_text_without_marks_stays_whole():
    assert VAULT.split("plain") == ("plain",)


@pytest.mark.parametrize(
    ("joint", "text"),
    [
        (Joint.PLAIN, 'k=a "b"/c'),
        (Joint.JSON, r"k=a \"b\"/c"),
        (Joint.URL, "k=a%20%22b%22%2Fc"),
    ],
)
def test_a_secret_is_written_as_its_place_asks(joint, text):
    parts = VAULT.split("k=" + VAULT.mark(KEY), joint)

    assert VAULT.join(parts, ENCODE) == text


def test_output_shows_the_mask_in_place_of_the_secret():
    assert masked(("Bearer ", SecretRef(TOKEN))) == f"Bearer {MASK}"


def test_a_reference_that_is_gone_is_an_error():
    with pytest.raises(KeyError):
        VAULT.join((SecretRef("${cred:gone}"),), ENCODE)
    with pytest.raises(ValueError, match="gone"):
        VAULT.mark("${cred:gone}")


PIECES = st.lists(st.sampled_from([TOKEN, KEY, "text", "0001", "é", "{{ x }}"]), max_size=8)


@given(PIECES)
def test_cutting_and_joining_gives_the_text_with_its_secrets(pieces):
    marked = "".join(VAULT.mark(p) if p in VAULT.values else p for p in pieces)
    whole = "".join(VAULT.values.get(p, p) for p in pieces)

    assert VAULT.join(VAULT.split(marked), ENCODE) == whole
