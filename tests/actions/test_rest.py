"""The `rest` action: what is stored of a call, and what is made of it."""

import json

import pytest

from reactor.actions import ACTIONS
from reactor.engine.outgoing import joined
from reactor.engine.template import compile_template
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from reactor.model.request import CallStep, Response, StoredRequest, Verdict
from reactor.model.secret import Joint, SecretRef, Vault
from reactor.model.uri import ObjectUri
from tests.builders import NO_SECRETS, NOON, a_delivery, an_action
from tests.engine.hostile_uris import HOSTILE

REST = ACTIONS["rest"]
ID = "0b0e2a4c-7d5f-4a3b-9c1d-2e3f4a5b6c7d"
SERVICE = f"/api/app/v1/acme/service/{ID}/"
NAMES = {"resource_uri": SERVICE, "n": 3, "who": 'we"b', "service": {"uri": SERVICE}}
REFERENCE = "${file:/run/token}"
VAULT = Vault("nonce", {REFERENCE: "s3cret"})
REDEPLOY = "POST {{ resource_uri }}redeploy/"


def text(source):
    return compile_template(source, Landing.CALL)


def rendered(call=REDEPLOY, names=NAMES, vault=NO_SECRETS, **parameters):
    return REST.render(an_action(value=text(call), parameters=parameters), names, vault)


def test_a_call_is_stored_as_method_and_path():
    assert rendered(f"{REDEPLOY}?reuse_volumes=false") == StoredRequest(
        method="POST",
        url=(f"{SERVICE}redeploy/?reuse_volumes=false",),
        shown_url=f"{SERVICE}redeploy/?reuse_volumes=false",
    )


def test_a_mapping_is_json_whose_texts_are_templates():
    body = {"target_num_containers": 3, "tags": [{"name": text("{{ who }}")}], "n": text("{{ n }}")}

    stored = rendered("PATCH {{ service.uri }}", body=body).body

    expected = {"target_num_containers": 3, "tags": [{"name": 'we"b'}], "n": "3"}
    assert json.loads("".join(stored)) == expected


def test_a_text_body_is_sent_as_it_is():
    assert rendered("PATCH {{ resource_uri }}", body=text('{"n": {{ n }}}')).body == ('{"n": 3}',)


def test_a_secret_of_the_body_is_stored_as_its_reference():
    body = {"token": text(VAULT.mark(REFERENCE))}

    stored = rendered("PATCH {{ resource_uri }}", vault=VAULT, body=body).body

    assert stored == ('{"token":"', SecretRef(REFERENCE, Joint.JSON), '"}')
    assert joined(stored, VAULT) == '{"token":"s3cret"}'


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("POST {{ nothing }}redeploy/", None),
        ("POST {{ service.name }}redeploy/", None),
        ("PATCH {{ resource_uri }}", {"n": "{{ nothing }}"}),
    ],
)
def test_what_is_missing_buries_the_call(call, body):
    parameters = {} if body is None else {"body": {key: text(body[key]) for key in body}}

    with pytest.raises(RenderFailed, match="is missing"):
        rendered(call, **parameters)


@pytest.mark.parametrize("uri", HOSTILE, ids=range(len(HOSTILE)))
def test_no_hostile_address_is_stored(uri):
    for call in (REDEPLOY, "PATCH {{ resource_uri }}", "DELETE {{ resource_uri }}"):
        with pytest.raises(RenderFailed):
            rendered(call, {"resource_uri": uri})


@pytest.mark.parametrize("uri", [None, 5, True, [SERVICE], {"uri": SERVICE}])
def test_an_address_that_is_no_text_is_not_stored(uri):
    with pytest.raises(RenderFailed):
        rendered(REDEPLOY, {"resource_uri": uri})


def test_an_attempt_is_one_step_on_the_object():
    delivery = a_delivery(type="rest", request=rendered(f"{REDEPLOY}?a=b"), attempts=1)

    call = REST.build(delivery, None, NO_SECRETS, NOON)

    assert call.target == ObjectUri("service", ID, "acme", is_tutum=False)
    assert call.steps == (CallStep("POST", "redeploy", "a=b"),)


def test_its_texts_are_what_it_refers_to():
    action = an_action(
        value=text("PATCH {{ service.uri }}"),
        parameters={"body": {"image": [text("{{ container.image }}")]}},
    )

    assert set(REST.references(action)) == {
        Reference("service", "uri"),
        Reference("container", "image"),
    }


def test_the_action_that_the_platform_made_of_it_is_kept():
    action = f"/api/audit/v1/action/{ID}/"

    outcome = REST.judge(Response(status=202, action_uri=action))

    assert outcome.verdict is Verdict.SUCCEEDED
    assert (outcome.detail, outcome.action_uri) == (f"202 Accepted, action {action}", action)
