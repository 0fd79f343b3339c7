"""Every sender that is known by name: what its documents show is taken, and nothing else."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.inbound import PRESETS, Inbound, Refused, authenticate, read
from reactor.engine.normalize import decode_frame
from tests.builders import replace
from tests.engine.inbound.senders import Hook
from tests.engine.inbound.vectors import FILES, NOW, essence, vector

UNNAMED = {"alertmanager", "grafana"}
"""They name no delivery, and repeat themselves on purpose."""


@pytest.mark.parametrize("name", FILES)
def test_what_a_sender_documents_is_told_with_subject_time_and_facts(name):
    shown = vector(name)

    told = read(shown.preset, shown.inbound, shown.now)

    assert not isinstance(told, Refused)
    assert essence(told) == shown.told
    assert [each.id for each, id_ in zip(told, shown.ids, strict=True) if id_] == [
        id_ for id_ in shown.ids if id_
    ]


@pytest.mark.parametrize("name", [name for name in FILES if vector(name).preset not in UNNAMED])
def test_a_delivery_that_is_repeated_later_has_the_same_ids(name):
    shown = vector(name)

    first = read(shown.preset, shown.inbound, shown.now)
    second = read(shown.preset, shown.inbound, shown.now + timedelta(hours=1))

    assert first == second


@pytest.mark.parametrize("name", [name for name in FILES if vector(name).secret])
def test_the_signatures_that_vendors_publish_are_accepted(name):
    shown = vector(name)
    guard = Hook(preset=shown.preset, secret=shown.secret).guard()

    assert authenticate(guard, shown.inbound, shown.now) is None


def test_githubs_published_signature_is_accepted():
    """Of a body that is no JSON: docs.github.com/webhooks/using-webhooks/validating-webhook-
    deliveries, "Testing the webhook payload validation"."""
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    inbound = Inbound(headers=(("x-hub-signature-256", signature),), body=b"Hello, World!")
    guard = Hook(preset="github", secret="It's a Secret to Everybody").guard()

    assert authenticate(guard, inbound, NOW) is None
    assert isinstance(read("github", inbound, NOW), Refused)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_documented_request(preset):
    assert preset == "none" or preset in {vector(name).preset for name in FILES}


MEDIA = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "text/plain",
        "",
    ]
)
WORDS = st.sampled_from([b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1e999", b"payload=", b"%7B"])
BODIES = st.binary(max_size=60) | st.lists(WORDS, max_size=12).map(b"".join)


@given(st.sampled_from(sorted(PRESETS)), MEDIA, BODIES, st.text(max_size=20), st.text(max_size=20))
def test_no_bytes_can_make_reading_raise(preset, media, body, stamp, value):
    names = ("webhook-timestamp", "x-slack-request-timestamp", "x-github-event", "ce-id", "ce-type")
    headers = (("content-type", media), *((name, value or stamp) for name in names))

    told = read(preset, Inbound(headers=headers, body=body, query=stamp), NOW)

    assert isinstance(told, Refused) or all(isinstance(decode_frame(t.raw), dict) for t in told)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(FILES), st.data())
def test_a_field_may_hold_anything_and_reading_does_not_raise(name, data):
    shown = vector(name)
    body = shown.inbound.body
    fields = json.loads(body) if body.startswith(b"{") else {}
    spoiled = data.draw(spoilt(fields)) if fields else fields

    told = read(shown.preset, replace(shown.inbound, body=json.dumps(spoiled).encode()), NOW)

    assert isinstance(told, Refused) or all(isinstance(t.facts, dict) for t in told)


def spoilt(value):
    """The same object with anything in some of its places."""
    if not isinstance(value, dict):
        return st.just(value) | JSON_VALUES
    return st.fixed_dictionaries({key: spoilt(inner) for key, inner in value.items()})
