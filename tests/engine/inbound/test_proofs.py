"""Tokens and signatures: no bit of them may be another, and the log learns what was wrong."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.inbound import Ground, Inbound, authenticate
from tests.builders import replace
from tests.engine.inbound.senders import BODY, SIGNED, TOKEN, TOKENS, shown, signed, with_header
from tests.engine.inbound.vectors import NOW

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
STAMPED = ("slack", "standard-webhooks")


def each_flip(content: bytes) -> Iterator[bytes]:
    """The same bytes with one bit another."""
    for at in range(len(content)):
        for bit in range(8):
            yield content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :]


@pytest.mark.parametrize("name", SIGNED)
def test_a_rightly_signed_request_is_accepted(name):
    assert authenticate(SIGNED[name].hook.guard(), signed(name, NOW), NOW) is None


@pytest.mark.parametrize("name", TOKENS)
def test_the_right_token_is_accepted(name):
    assert authenticate(TOKENS[name].guard(), shown(name), NOW) is None


@pytest.mark.parametrize("name", SIGNED)
def test_every_flipped_bit_of_a_body_is_refused(name):
    genuine, guard = signed(name, NOW), SIGNED[name].hook.guard()

    for body in each_flip(BODY):
        assert authenticate(guard, replace(genuine, body=body), NOW), body


@pytest.mark.parametrize("name", SIGNED)
def test_every_flipped_bit_of_a_signature_is_refused(name):
    genuine, guard = signed(name, NOW), SIGNED[name].hook.guard()
    header = SIGNED[name].header
    right = genuine.only(header) or ""

    for value in each_flip(right.encode()):
        forged = with_header(genuine, header, value.decode("latin-1"))
        assert authenticate(guard, forged, NOW), value


@pytest.mark.parametrize("name", TOKENS)
def test_every_flipped_bit_of_a_token_is_refused(name):
    guard = TOKENS[name].guard()

    for token in each_flip(TOKEN.encode()):
        assert authenticate(guard, shown(name, token.decode("latin-1")), NOW), token


@pytest.mark.parametrize("name", STAMPED)
def test_every_flipped_bit_of_a_signed_time_is_refused(name):
    genuine, guard = signed(name, NOW), SIGNED[name].hook.guard()
    header = next(header for header in SIGNED[name].more if header.endswith("timestamp"))
    right = genuine.only(header) or ""

    for value in each_flip(right.encode()):
        forged = with_header(genuine, header, value.decode("latin-1"))
        assert authenticate(guard, forged, NOW), value


@given(st.sampled_from(sorted(SIGNED)), st.binary(min_size=1, max_size=5_000), st.data())
def test_a_flipped_bit_of_any_body_is_refused(name, body, data):
    guard, genuine = SIGNED[name].hook.guard(), signed(name, NOW, body=body)
    bit = data.draw(st.integers(0, 8 * len(body) - 1))
    flipped = bytearray(body)
    flipped[bit // 8] ^= 1 << bit % 8

    assert authenticate(guard, genuine, NOW) is None
    assert authenticate(guard, replace(genuine, body=bytes(flipped)), NOW)


@given(
    st.sampled_from(sorted(SIGNED)),
    st.lists(
        st.tuples(st.sampled_from(["webhook-id", "webhook-timestamp", "HEADER"]), st.text()),
        max_size=4,
    ),
)
def test_no_header_can_make_a_check_raise(name, pairs):
    scheme = SIGNED[name]
    headers = tuple((scheme.header if name == "HEADER" else name, value) for name, value in pairs)

    assert authenticate(scheme.hook.guard(), Inbound(headers=headers, body=BODY), NOW)


@given(st.sampled_from(sorted(TOKENS)), st.text(), st.text())
def test_no_token_can_make_a_check_raise(name, value, query):
    headers = (("authorization", f"Bearer {value}"), ("x-gitlab-token", value))

    assert authenticate(TOKENS[name].guard(), Inbound(headers=headers, body=b"", query=query), NOW)


@pytest.mark.parametrize("name", STAMPED)
@pytest.mark.parametrize(
    ("later", "accepted"),
    [
        (5 * MINUTE, True),
        (5 * MINUTE + SECOND, False),
        (-5 * MINUTE, True),
        (-5 * MINUTE - SECOND, False),
    ],
)
def test_a_signed_time_counts_for_five_minutes_either_way(name, later, accepted):
    refused = authenticate(SIGNED[name].hook.guard(), signed(name, NOW), NOW + later)

    assert (refused is None) == accepted
    assert accepted or refused.ground is Ground.CLOCK


def test_a_clock_that_is_off_is_told_with_how_much():
    guard, genuine = SIGNED["slack"].hook.guard(), signed("slack", NOW)

    behind = authenticate(guard, genuine, NOW + 7 * MINUTE)
    ahead = authenticate(guard, genuine, NOW - 90 * MINUTE)

    assert "7m behind our clock (5m are allowed)" in behind.reason
    assert "1h30m ahead of our clock" in ahead.reason


def test_of_several_signatures_in_one_header_one_must_be_right():
    guard, genuine = SIGNED["standard-webhooks"].hook.guard(), signed("standard-webhooks", NOW)
    right = genuine.only("webhook-signature")
    old = signed("standard-webhooks", NOW, key=b"the old secret").only("webhook-signature")

    both = with_header(genuine, "webhook-signature", f"v1a,AAAA {old} {right}")
    none = with_header(genuine, "webhook-signature", f"v1a,AAAA {old}")

    assert authenticate(guard, both, NOW) is None
    assert authenticate(guard, none, NOW).ground is Ground.WRONG


@pytest.mark.parametrize(
    ("values", "ground", "words"),
    [
        ((), Ground.NOTHING_SHOWN, "it has no header x-hub-signature-256"),
        (("sha256=1", "sha256=1"), Ground.SHOWN_TWICE, "2 times"),
        (("sha1=" + "0" * 40,), Ground.MALFORMED, "'sha256=' and 64 characters of hex"),
        (("sha256=" + "0" * 64,), Ground.WRONG, "another secret, or its body was changed"),
    ],
)
def test_the_operator_is_told_what_is_wrong_with_a_signature(values, ground, words):
    forged = with_header(signed("github", NOW), "x-hub-signature-256", *values)

    refused = authenticate(SIGNED["github"].hook.guard(), forged, NOW)

    assert (refused.status, refused.ground) == (401, ground)
    assert words in refused.reason


@pytest.mark.parametrize(
    ("value", "ground"),
    [
        (f"Basic {TOKEN}", Ground.MALFORMED),
        ("Bearer", Ground.MALFORMED),
        ("Bearer another", Ground.WRONG),
    ],
)
def test_the_operator_is_told_what_is_wrong_with_a_token(value, ground):
    forged = with_header(shown("registry"), "authorization", value)

    assert authenticate(TOKENS["registry"].guard(), forged, NOW).ground is ground


def test_the_word_bearer_may_be_written_in_any_case():
    inbound = with_header(shown("registry"), "authorization", f"bearer {TOKEN}")

    assert authenticate(TOKENS["registry"].guard(), inbound, NOW) is None


def test_a_token_in_a_url_may_be_percent_encoded():
    inbound = Inbound(headers=(), body=b"{}", query=f"x=1&token=%68{TOKEN[1:]}")

    assert authenticate(TOKENS["dockerhub"].guard(), inbound, NOW) is None
