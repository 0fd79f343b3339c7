"""Which calls can be made at all, and what is stored of them."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.engine.call import (
    METHODS,
    OBJECTS,
    SELF,
    VERBS,
    address_of,
    object_call,
    parse_call,
    stored_call,
)
from reactor.model.errors import RenderFailed
from reactor.model.request import CallStep, ObjectCall, StoredRequest
from reactor.model.secret import Joint, SecretRef, Vault
from reactor.model.uri import TYPES, ObjectUri
from tests.builders import NO_SECRETS, NOON, a_delivery
from tests.engine.hostile_uris import HOSTILE

ID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
SERVICE = f"/api/app/v1/service/{ID}/"
TARGET = ObjectUri("service", ID, None, is_tutum=False)


def refusal(text):
    with pytest.raises(RenderFailed) as caught:
        parse_call(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "target", "step"),
    [
        (f"POST {SERVICE}redeploy/", TARGET, CallStep("POST", "redeploy")),
        (
            f"POST {SERVICE}redeploy/?reuse_volumes=False",
            TARGET,
            CallStep("POST", "redeploy", "reuse_volumes=False"),
        ),
        (f"POST {SERVICE}stop/?a=1&b_c=", TARGET, CallStep("POST", "stop", "a=1&b_c=")),
        (f"PATCH {SERVICE}", TARGET, CallStep("PATCH")),
        (f"DELETE {SERVICE}", TARGET, CallStep("DELETE")),
        (
            f"POST /api/app/v1/acme/service/{ID}/scale/",
            ObjectUri("service", ID, "acme", is_tutum=False),
            CallStep("POST", "scale"),
        ),
        (
            f"POST /api/v1/container/{ID.upper()}/start/",
            ObjectUri("container", ID, None, is_tutum=True),
            CallStep("POST", "start"),
        ),
        (
            f"POST /api/infra/v1/node/{ID}/health-check/",
            ObjectUri("node", ID, None, is_tutum=False),
            CallStep("POST", "health-check"),
        ),
    ],
)
def test_a_call_is_read_into_its_parts(text, target, step):
    assert parse_call(text) == (target, step)


@pytest.mark.parametrize("type_", TYPES)
def test_each_type_takes_its_own_verbs_and_no_other(type_):
    every_verb = {verb for verbs in VERBS.values() for verb in verbs}
    uri = f"/api/v1/{type_}/{ID}/"

    for verb in VERBS[type_]:
        assert parse_call(f"POST {uri}{verb}/")[1] == CallStep("POST", verb)
    for verb in every_verb - set(VERBS[type_]):
        assert f"behind the URI of the {type_} for POST" in refusal(f"POST {uri}{verb}/")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"GET {SERVICE}", f"expected POST, PATCH or DELETE and a path, found 'GET {SERVICE}'"),
        (
            f"post {SERVICE}stop/",
            f"expected POST, PATCH or DELETE and a path, found 'post {SERVICE}",
        ),
        (SERVICE, f"expected POST, PATCH or DELETE and a path, found '{SERVICE}'"),
        ("", "expected POST, PATCH or DELETE and a path, found ''"),
        ("POST", "expected the URI of an object such as /api/app/v1/service/UUID/, found ''"),
        (f"POST  {SERVICE}stop/", f"service/UUID/, found ' {SERVICE}stop/'"),
        (f"POST {SERVICE}", "expected start/ or stop/ or restart/ or redeploy/ or scale/ behind"),
        (f"POST {SERVICE}stop", "of the service for POST, found 'stop'"),
        (f"POST {SERVICE}stop/start/", "for POST, found 'stop/start/'"),
        (f"POST {SERVICE}?a=b", "for POST, found '?a=b'"),
        (f"POST {SERVICE}stop/?", "for POST, found 'stop/?'"),
        (f"POST {SERVICE}stop/?a", "for POST, found 'stop/?a'"),
        (f"POST {SERVICE}stop/?a=b&", "for POST, found 'stop/?a=b&'"),
        (f"POST {SERVICE}stop/?A=b", "for POST, found 'stop/?A=b'"),
        (f"POST {SERVICE}stop/?a=%0a", "for POST, found 'stop/?a=%0a'"),
        (f"POST {SERVICE}stop/#a", "for POST, found 'stop/#a'"),
        (f"DELETE {SERVICE}stop/", "expected nothing behind the URI of the service for DELETE"),
        (f"PATCH {SERVICE}scale/", "expected nothing behind the URI of the service for PATCH"),
        (f"DELETE {SERVICE}?a=b", "for DELETE, found '?a=b'"),
        ("x" * 81, f"found '{'x' * 80}'..."),
        ("x" * 79 + "é", f"found '{'x' * 79}\\xe9'"),
    ],
)
def test_what_is_no_call_is_refused_in_words(text, told):
    assert told in refusal(text)


def test_the_hostile_values_are_many_and_differ():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 120


@pytest.mark.parametrize("uri", HOSTILE, ids=range(len(HOSTILE)))
def test_no_hostile_value_makes_a_call(uri):
    calls = [f"PATCH {uri}", f"DELETE {uri}", f"POST {uri}redeploy/"]

    told = "".join(refusal(call) for call in calls)

    assert re.fullmatch(r"[ -~]{1,800}", told)


@pytest.mark.parametrize(
    "method", ["GET", "PUT", "CONNECT", "PO\r\nST", "\uff30\uff2f\uff33\uff34", "POST\t", " POST"]
)
def test_no_other_method_makes_a_call(method):
    assert "\r" not in refusal(f"{method} {SERVICE}stop/")


@given(st.sampled_from(METHODS), st.text(), st.sampled_from(["", SERVICE, f"{SERVICE}stop/"]))
def test_whatever_makes_a_call_is_one_to_the_letter(method, text, uri):
    written = f"{method} {uri}{text}"
    try:
        target, step = parse_call(written)
    except RenderFailed:
        return

    behind = (f"{step.verb}/" if step.verb else "") + (f"?{step.query}" if step.query else "")
    assert written == f"{step.method} {target.path(None)}{behind}"


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_found_where_the_event_or_its_facts_have_it(name):
    names = {"resource_uri": "/self/", name: {"uri": f"/{name}/"}}

    assert address_of(name, names) == f"/{name}/"


@pytest.mark.parametrize(
    ("name", "names", "told"),
    [
        ("service", {}, "no service of the event is known"),
        ("service", {"service": SERVICE}, "no service of the event is known"),
        ("service", {"service": {"name": "web"}}, "'service' is known by no URI"),
        ("service", {"service": {"uri": [SERVICE]}}, "'service' is known by no URI"),
        (SELF, {"self": {"uri": SERVICE}}, "the event has no resource_uri"),
        (SELF, {"resource_uri": None}, "the event has no resource_uri"),
        (SELF, {"resource_uri": 5}, "the event has no resource_uri"),
    ],
)
def test_what_has_no_uri_cannot_be_called(name, names, told):
    with pytest.raises(RenderFailed, match=re.escape(told)):
        address_of(name, names)


def test_a_call_is_stored_as_its_path_without_any_host():
    assert stored_call(f"POST {SERVICE}stop/?a=b", ("{}",)) == StoredRequest(
        method="POST",
        url=(f"{SERVICE}stop/?a=b",),
        shown_url=f"{SERVICE}stop/?a=b",
        body=("{}",),
    )


def test_what_is_no_call_is_not_stored():
    with pytest.raises(RenderFailed):
        stored_call(f"POST http://evil.example{SERVICE}stop/")


def test_an_attempt_is_made_of_what_is_stored_with_its_secrets():
    vault = Vault("nonce", {"${file:/run/x}": 's3"cret'})
    body = ('{"a":"', SecretRef("${file:/run/x}", Joint.JSON), '"}')
    delivery = a_delivery(source="cloud", request=stored_call(f"PATCH {SERVICE}", body), attempts=1)

    assert object_call(delivery, vault) == ObjectCall(
        source="cloud",
        target=TARGET,
        steps=(CallStep("PATCH", body=b'{"a":"s3\\"cret"}'),),
        delivery_id="delivery-1",
        is_repeated=False,
        is_renewed=False,
        promised_at=NOON,
        timeout=timedelta(seconds=10),
    )


@pytest.mark.parametrize(("attempts", "is_repeated"), [(1, False), (2, True), (9, True)])
def test_every_attempt_but_the_first_may_repeat_one_that_arrived(attempts, is_repeated):
    delivery = a_delivery(request=stored_call(f"DELETE {SERVICE}"), attempts=attempts)

    assert object_call(delivery, NO_SECRETS).is_repeated is is_repeated


@pytest.mark.parametrize(("later", "is_renewed"), [(0, False), (1, True)])
def test_a_redelivery_renews_the_promise(later, is_renewed):
    promised_at = NOON + timedelta(seconds=later)
    delivery = a_delivery(request=stored_call(f"DELETE {SERVICE}"), promised_at=promised_at)

    assert object_call(delivery, NO_SECRETS).is_renewed is is_renewed


@pytest.mark.parametrize(
    "request_",
    [
        StoredRequest(method="POST"),
        StoredRequest(method="GET", url=(SERVICE,)),
        StoredRequest(method="POST", url=(f"http://evil.example{SERVICE}stop/",)),
        StoredRequest(method="POST", url=(SERVICE, SecretRef("${file:/run/x}"), "stop/")),
    ],
)
def test_what_is_stored_is_not_trusted(request_):
    with pytest.raises(RenderFailed):
        object_call(a_delivery(request=request_, attempts=1), NO_SECRETS)
