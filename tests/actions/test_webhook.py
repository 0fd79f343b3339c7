"""The `webhook` action: what is stored, and what is sent."""

import json

import pytest

from reactor.actions import ACTIONS
from reactor.engine.promise import BODY
from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from reactor.model.request import StoredRequest
from reactor.model.secret import Joint, Secret, SecretRef, Vault
from tests.builders import NO_SECRETS, NOON, a_delivery, a_destination, an_action

WEBHOOK = ACTIONS["webhook"]
REFERENCE = "${file:/run/token}"
VAULT = Vault("nonce", {REFERENCE: "s3cret"})
FIRING = {"type": "reactor.firing", "id": "delivery-1", "count": 1, "event": {"data": {"n": 137}}}
NAMES = {"n": 137, "name": 'we"b', BODY: FIRING}


def rendered(vault=NO_SECRETS, value="ops", **parameters):
    action = an_action(type="webhook", value=value, parameters=parameters)
    return WEBHOOK.render(action, NAMES, vault)


def text(source, landing=Landing.TEXT):
    return compile_template(source, landing)


def test_without_a_body_the_firing_is_sent_as_json():
    request = rendered()

    assert (request.method, request.url) == ("POST", None)
    assert json.loads("".join(request.body)) == FIRING
    assert request.headers == {"content-type": ("application/json",)}


def test_a_firing_about_a_large_frame_is_not_too_long():
    action = an_action(type="webhook", parameters={})
    firing = {"event": {"data": {"text": "x" * 1_000_000}}}

    request = WEBHOOK.render(action, {BODY: firing}, NO_SECRETS)

    assert json.loads("".join(request.body)) == firing


def test_a_mapping_is_json_whose_texts_are_templates():
    body = {"code": text("{{ n }}"), "who": [text("{{ name }}")], "fixed": 5, "none": None}

    request = rendered(body=body)

    expected = {"code": "137", "who": ['we"b'], "fixed": 5, "none": None}
    assert json.loads("".join(request.body)) == expected


def test_a_text_body_is_text():
    request = rendered(body=text("{{ name }} stopped"))

    assert request.body == ('we"b stopped',)
    assert request.headers == {"content-type": ("text/plain; charset=utf-8",)}


def test_the_rules_own_content_type_stands():
    request = rendered(headers={"Content-Type": text("text/csv", Landing.HEADER)})

    assert request.headers == {"Content-Type": ("text/csv",)}


def test_method_and_url_are_the_rules():
    request = rendered(value=text("http://h/{{ name }}", Landing.URL), method="PUT")

    assert (request.method, request.url) == ("PUT", ("http://h/we%22b",))


def test_secrets_are_stored_as_references_that_know_where_they_land():
    mark = VAULT.mark(REFERENCE)
    request = rendered(
        VAULT,
        text(f"http://h/{mark}", Landing.URL),
        headers={"x-token": text(mark, Landing.HEADER)},
        body={"token": text(f"{mark}!")},
    )

    assert request.url == ("http://h/", SecretRef(REFERENCE, Joint.URL))
    assert request.headers["x-token"] == (SecretRef(REFERENCE, Joint.PLAIN),)
    assert request.body == ('{"token":"', SecretRef(REFERENCE, Joint.JSON), '!"}')


@pytest.mark.parametrize(
    "parts",
    [
        {"value": text("http://h/{{ nothing }}", Landing.URL)},
        {"headers": {"x": text("{{ nothing }}", Landing.HEADER)}},
    ],
)
def test_what_is_missing_in_a_url_or_a_header_cannot_be_rendered(parts):
    with pytest.raises(RenderFailed):
        rendered(**parts)


def test_an_attempt_goes_to_the_destinations_address_of_now():
    request = StoredRequest(method="POST", body=("{}",))
    destination = a_destination(url=Secret("http://new.example/x"), secret=(Secret("c2VjcmV0"),))

    sent = WEBHOOK.build(a_delivery(request=request), destination, VAULT, NOON)

    assert sent.url == "http://new.example/x"
    assert sent.headers["webhook-signature"].startswith("v1,")


def test_it_refers_to_what_its_texts_name_and_to_nothing_by_itself():
    parameters = {
        "headers": {"x": text("{{ stack.name }}", Landing.HEADER)},
        "body": {"code": [text("{{ container.exit_code }}")]},
    }
    url = text("http://h/{{ service.name }}", Landing.URL)

    assert list(WEBHOOK.references(an_action(value="ops"))) == []
    assert set(WEBHOOK.references(an_action(value=url, parameters=parameters))) == {
        Reference("service", "name"),
        Reference("stack", "name"),
        Reference("container", "exit_code"),
    }
