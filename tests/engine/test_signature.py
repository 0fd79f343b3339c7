"""Signatures by Standard Webhooks, checked with the specification's own library."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from reactor.engine.signature import sign, sign_all, signing_key


def test_the_specifications_vector_is_signed_as_it_says():
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_c2VjcmV0", b"secret"),
        ("c2VjcmV0", b"secret"),
        ("whsec_c2VjcmV0cw", b"secrets"),  # without padding
        ("whsec_c2VjcmV0cw==", b"secrets"),
        ("correct horse battery staple", b"correct horse battery staple"),
        ("whsec_not base64", b"whsec_not base64"),
        ("abcde", b"abcde"),  # 5 letters are no base64
        ("schlüssel", "schlüssel".encode()),
    ],
)
def test_a_secret_is_base64_or_its_own_bytes(secret, key):
    assert signing_key(secret) == key


@given(st.binary(min_size=1, max_size=64), st.text(max_size=100))
def test_the_library_makes_the_same_signature(key, body):
    moment = datetime(2030, 1, 7, 12, tzinfo=UTC)
    theirs = Webhook(key).sign("msg_1", moment, body.encode(errors="replace").decode())

    secret = f"whsec_{base64.b64encode(key).decode()}"
    ours = sign(secret, "msg_1", int(moment.timestamp()), body.encode(errors="replace"))

    assert ours == theirs


OLD, NEW = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8


@pytest.mark.parametrize("known", [OLD, NEW])
def test_while_a_secret_takes_the_place_of_another_who_knows_either_can_verify(known):
    moment = datetime.now(UTC)  # noqa: TID251 -- the library compares with its own clock

    headers = signed([NEW, OLD], moment)

    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(known).verify(b'{"a": 1}', headers) == {"a": 1}


def test_who_knows_another_secret_cannot_verify():
    moment = datetime.now(UTC)  # noqa: TID251 -- the library compares with its own clock

    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "eHl6" * 8).verify(b'{"a": 1}', signed([NEW, OLD], moment))


def signed(secrets, moment):
    timestamp = int(moment.timestamp())
    signatures = sign_all(secrets, "msg_1", timestamp, b'{"a": 1}')
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures,
    }
