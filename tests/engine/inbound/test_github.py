"""What only GitHub, Gitea and Forgejo do; their documented requests are in test_presets.py."""

import json
from urllib.parse import urlencode

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW

FORM = ("content-type", "application/x-www-form-urlencoded")
RAW = b'{"zen" : "Keep it logically awesome."}'


def told(event: str, **fields: object):
    headers = (JSON, ("x-github-event", event))
    return read("github", Inbound(headers=headers, body=json.dumps(fields).encode()), NOW)[0]


def test_a_form_tells_the_json_of_its_payload_byte_for_byte():
    body = urlencode({"payload": RAW.decode()}).encode()

    (event,) = read("github", Inbound(headers=(FORM,), body=body), NOW)

    assert event.raw == RAW


@pytest.mark.parametrize(
    ("preset", "body", "status"),
    [
        ("github", b"other=1", 422),
        ("github", b"payload=1", 422),
        ("github", b"payload={", 400),
        ("github", b"payload=%ff", 400),
        ("gitea", urlencode({"payload": RAW.decode()}).encode(), 415),
    ],
)
def test_a_form_without_its_payload_is_refused_and_one_of_gitea_always(preset, body, status):
    assert read(preset, Inbound(headers=(FORM,), body=body), NOW).status == status


@pytest.mark.parametrize("field", ["issue", "pull_request"])
def test_an_issue_is_a_subject_of_its_own(field):
    event = told("issues", repository={"full_name": "acme/web"}, **{field: {"number": 12}})

    assert event.subject == "acme/web#12"


def test_the_facts_of_a_pull_request_are_those_of_its_head():
    head = {"ref": "fix", "sha": "6dcb09b5"}
    event = told("pull_request", action="opened", pull_request={"head": head, "number": 1})

    assert event.facts == {
        "type": "pull_request",
        "action": "opened",
        "branch": "fix",
        "commit": "6dcb09b5",
    }


def test_a_workflow_that_still_runs_has_its_status_and_no_conclusion():
    event = told("workflow_run", workflow_run={"status": "in_progress", "conclusion": None})

    assert event.facts["status"] == "in_progress"


def test_when_a_repository_was_pushed_to_is_the_time_of_a_push_alone():
    repository = {"full_name": "acme/web", "pushed_at": 1557933657}

    assert told("push", repository=repository).time
    assert told("star", repository=repository).time is None


def test_a_package_of_gitea_has_its_version_as_tag():
    body = b'{"action": "created", "package": {"name": "web", "version": "1.2"}}'

    (event,) = read("gitea", Inbound(headers=(JSON, ("x-gitea-event", "package")), body=body), NOW)

    assert event.facts == {"type": "package", "action": "created", "package": "web", "tag": "1.2"}
