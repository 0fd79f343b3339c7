"""No hook is open, none is closed to everybody, and no forged request gets in."""

import pytest

from reactor.engine.inbound import PRESETS, Signed, authenticate
from tests.engine.inbound.forged import forgeries
from tests.engine.inbound.senders import SECRET, SIGNED, TOKENS, Hook, signed
from tests.engine.inbound.vectors import NOW

FORGED = forgeries(NOW)


def test_there_are_at_least_200_forged_requests_over_all_schemes():
    names = {forged.name for forged in FORGED}

    assert len(names) == len(FORGED) >= 200
    assert {forged.hook.preset for forged in FORGED} == set(PRESETS)


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: forged.name)
def test_a_forged_request_is_refused_with_401(forged):
    refused = authenticate(forged.hook.guard(), forged.inbound, NOW)

    assert refused is not None
    assert refused.status == 401


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: forged.name)
def test_the_reason_holds_no_secret_and_nothing_that_was_sent(forged):
    reason = authenticate(forged.hook.guard(), forged.inbound, NOW).reason
    sent = [value for _, value in forged.inbound.headers if len(value) > 20]

    assert not [text for text in (SECRET, *sent) if text in reason]


@pytest.mark.parametrize(
    ("hook", "words"),
    [
        (Hook(), "it needs a `token`"),
        (Hook(token=""), "it needs a `token`"),
        (Hook(preset="github"), "it needs a `secret`"),
        (Hook(preset="github", secret=""), "it needs a `secret`"),
        (Hook(preset="github", token="t"), "only `secret` is used here"),
        (Hook(preset="github", secret="s", token="t"), "only `secret` is used here"),
        (Hook(preset="slack", secret="s", signature=Signed(header="x")), "leave `signature` out"),
        (Hook(secret="s"), "`secret` needs a `signature`"),
        (Hook(token="t", secret="s"), "`secret` needs a `signature`"),
        (Hook(preset="gitlab", secret="s"), "`secret` needs a `signature`"),
        (Hook(token="t", signature=Signed(header="x")), "only `secret` is used here"),
        (Hook(signature=Signed(header="x")), "it needs a `secret`"),
        (Hook(secret="s", signature=Signed(header="X Sig:")), "no name of a header"),
        (Hook(token="two words"), "no spaces"),
        (Hook(token="t\u00f6ken"), "ASCII"),
        (Hook(preset="github", secret="s\n"), "line breaks"),
        (Hook(preset="github", secret="\udc80"), "line breaks"),
        (Hook(preset="standard-webhooks", secret="whsec_not base64"), "no base64"),
    ],
)
def test_a_guard_that_cannot_work_is_refused_with_what_is_wrong(hook, words):
    with pytest.raises(ValueError, match=words):
        hook.guard()


@pytest.mark.parametrize("name", [name for name in TOKENS if name != "none"])
def test_a_sender_that_shows_a_token_may_be_made_to_sign(name):
    own = SIGNED["sha1 hex"]
    hook = Hook(preset=name, secret=own.hook.secret, signature=own.hook.signature)

    assert authenticate(hook.guard(), signed("sha1 hex", NOW), NOW) is None


def test_the_name_of_a_header_may_be_written_in_any_case():
    assert SIGNED["sha1 hex"].hook.signature.header == "X-Signature"
    assert SIGNED["sha1 hex"].hook.guard().proof.header == "x-signature"
