"""From a stored request to the one that is sent."""

import pytest
from standardwebhooks import Webhook

from reactor.engine.outgoing import http_request, summary
from reactor.model.errors import DestinationRemoved, RenderFailed
from reactor.model.request import PLAIN, Route, StoredRequest
from reactor.model.secret import Joint, Secret, SecretRef, Vault
from tests.builders import NOON, a_delivery, a_destination

REFERENCE = "${file:/run/token}"


def a_vault(value: str) -> Vault:
    return Vault("nonce", {REFERENCE: value})


def built(destination=None, vault=None, **stored):
    request = StoredRequest(**({"method": "POST"} | stored))
    delivery = a_delivery(request=request)
    return http_request(delivery, destination or a_destination(), vault or a_vault("s3cret"), NOON)


def test_the_deliverys_id_is_sent_twice_and_we_say_who_we_are():
    headers = built().headers

    assert headers["webhook-id"] == headers["idempotency-key"] == "delivery-1"
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))
    assert headers["user-agent"].startswith("reactor/")
    assert "webhook-signature" not in headers


def test_a_secret_signs_the_body_as_it_is_sent():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    parts = ('{"token":"', SecretRef(REFERENCE, Joint.JSON), '"}')

    request = built(a_destination(secret=(Secret(secret),)), a_vault('a"b'), body=parts)

    assert request.body == b'{"token":"a\\"b"}'
    expected = Webhook(secret).sign("delivery-1", NOON, request.body.decode())
    assert request.headers["webhook-signature"] == expected


@pytest.mark.parametrize(
    ("joint", "value", "written"),
    [
        (Joint.PLAIN, "a b/c", "http://h/a b/c"),
        (Joint.URL, "T0/B0/x?y=1", "http://h/T0/B0/x?y=1"),
        (Joint.URL, "a b#c\n", "http://h/a%20b%23c%0A"),
    ],
)
def test_a_secret_is_written_as_its_place_needs_it(joint, value, written):
    request = built(vault=a_vault(value), url=("http://h/", SecretRef(REFERENCE, joint)))

    assert request.url == written


def test_the_actions_headers_win_over_the_destinations_and_ours_over_both():
    destination = a_destination(headers={"X-Team": Secret("ops"), "X-Kept": Secret("yes")})

    headers = built(destination, headers={"x-team": ("web",), "Webhook-Id": ("forged",)}).headers

    assert (headers["x-team"], headers["x-kept"]) == ("web", "yes")
    assert headers["webhook-id"] == "delivery-1"


@pytest.mark.parametrize("value", ["a\r\nb", "a\nX-Evil: 1", "nul\x00", "schlüssel", "\x7f"])
def test_a_header_that_http_cannot_carry_is_told_without_its_value(value):
    with pytest.raises(RenderFailed) as refusal:
        built(a_destination(headers={"X-Token": Secret(value)}))

    assert str(refusal.value) == "header 'X-Token' holds more than printable ASCII characters"


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "ä"])
def test_a_header_name_that_http_cannot_carry_is_refused(name):
    with pytest.raises(RenderFailed):
        built(headers={name: ("x",)})


def test_a_secret_that_left_the_rule_file_is_named_by_its_reference():
    with pytest.raises(RenderFailed) as refusal:
        built(vault=Vault("nonce", {}), body=(SecretRef(REFERENCE),))

    assert str(refusal.value) == "${file:/run/token} is no longer in the rule file"


def test_without_its_destination_there_is_no_request():
    with pytest.raises(DestinationRemoved):
        http_request(a_delivery(), None, a_vault(""), NOON)


def test_a_summary_names_rule_subject_and_state():
    names = {"rule": "web crashed", "event": {"subject": "/api/c/1/"}, "state": "Stopped"}

    assert summary(names) == "web crashed: /api/c/1/ Stopped"
    assert summary(names | {"state": 5}) == "web crashed: /api/c/1/"


SPLITTING = [
    *(chr(code) for code in (*range(9), *range(10, 32), *range(127, 161))),
    "\r\nx-evil: 1",
    "\nx-evil: 1",
    "\r\n\r\nPOST / HTTP/1.1",
    "a\r\n folded",
    "\u010d\u010a",  # which become CR LF where somebody cuts them to a byte
    "\u560d\u560a",
    "\u2028",
    "\ud800",
    "\ufeff",
    "\U0001f600",
    "\u00e9",
]


@pytest.mark.parametrize("text", SPLITTING, ids=ascii)
def test_nothing_splits_a_header_wherever_it_comes_from(text):
    for value in (text, f"a{text}", f"{text}b"):
        with pytest.raises(RenderFailed):
            built(headers={"x-name": (value,)})
        with pytest.raises(RenderFailed):
            built(headers={"x-name": ("a", SecretRef(REFERENCE))}, vault=a_vault(value))
        with pytest.raises(RenderFailed):
            built(headers={f"x{value}": ("a",)})


def test_a_destinations_credentials_go_to_its_own_address_alone():
    credentials = {"headers": {"authorization": Secret("Bearer s3cret")}}

    own = built(a_destination(**credentials))
    other = built(a_destination(**credentials), url=("https://elsewhere.example/",))

    assert own.headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in other.headers


def test_a_request_takes_its_destinations_route():
    route = Route(ca="/etc/ca.pem")

    assert built(a_destination(route=route)).route is route
    assert built(a_destination(route=route), url=("https://elsewhere.example/",)).route is PLAIN


def test_secrets_in_a_body_are_named_as_they_are_and_as_they_are_written():
    parts = ('{"token":"', SecretRef(REFERENCE, Joint.JSON), '"}')

    assert set(built(vault=a_vault('a"b'), body=parts).secrets) == {'a"b', 'a\\"b'}
    assert built(body=("{}",)).secrets == ()
