"""The `log` action."""

import pytest

from reactor.actions import ACTIONS
from reactor.engine.template import compile_template
from reactor.model.lookup import Reference
from reactor.model.protocols import Landing
from reactor.model.request import LogLine, Response, StoredRequest, Verdict
from reactor.model.secret import SecretRef
from tests.builders import NO_SECRETS, NOON, a_delivery, an_action

LOG = ACTIONS["log"]
NAMES = {"rule": "web crashed", "event": {"subject": "/api/c/1/"}, "state": "Stopped"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "web crashed: /api/c/1/ Stopped"),
        ("it is {{ state }}", "it is Stopped"),
        ("it is {{ nothing }}", "it is (unknown)"),
    ],
)
def test_the_line_is_rendered_or_a_summary(text, line):
    parameters = {} if text is None else {"text": compile_template(text, Landing.TEXT)}

    request = LOG.render(an_action(value="error", parameters=parameters), NAMES, NO_SECRETS)

    assert request == StoredRequest(method="error", body=(line,))


def test_a_secret_stays_masked_in_the_log():
    request = StoredRequest(method="info", body=("token ", SecretRef("${file:/run/token}")))

    line = LOG.build(a_delivery(type="log", request=request), None, NO_SECRETS, NOON)

    assert line == LogLine(level="info", text="token ***")


def test_a_line_does_not_fail():
    assert LOG.judge(Response()).verdict is Verdict.SUCCEEDED


def test_it_refers_to_what_its_text_names_and_without_one_to_nothing():
    text = compile_template("{{ stack.name }} {{ state }}", Landing.TEXT)

    named = set(LOG.references(an_action(parameters={"text": text})))
    summed = set(LOG.references(an_action()))

    assert named == {Reference("stack", "name")}
    assert summed == set()
