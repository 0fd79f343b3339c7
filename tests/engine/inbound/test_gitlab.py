"""What only GitLab does; its documented requests are in test_presets.py."""

import json

import pytest

from reactor.engine.inbound import Inbound, read
from tests.engine.inbound.senders import JSON
from tests.engine.inbound.vectors import NOW


def told(*headers: tuple[str, str], **fields: object):
    body = json.dumps(fields).encode()
    return read("gitlab", Inbound(headers=(JSON, *headers), body=body), NOW)[0]


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"object_attributes": {"ref": "v1", "tag": True}}, {"tag": "v1"}),
        ({"object_attributes": {"ref": "main", "tag": False}}, {"branch": "main"}),
        ({"ref": "v1", "tag": True}, {"tag": "v1"}),
        ({"ref": "refs/tags/v1"}, {"tag": "v1"}),
        ({"tag": "v1", "name": "a release"}, {"tag": "v1"}),
        ({"environment": {"name": "staging"}}, {"environment": "staging"}),
    ],
)
def test_branch_and_tag_are_told_apart_in_every_kind_of_event(fields, facts):
    assert told(**fields).facts == facts


def test_an_issue_is_a_subject_of_its_own():
    project = {"path_with_namespace": "acme/web"}
    event = told(object_kind="issue", project=project, object_attributes={"iid": 23})

    assert event.subject == "acme/web#23"


def test_the_key_for_repetitions_names_a_delivery():
    headers = (("x-gitlab-event-uuid", "u-1"), ("idempotency-key", "k-1"))

    assert told(*headers).id == "k-1"


def test_without_it_the_uuid_names_a_delivery_together_with_its_body():
    """Hooks that set off each other share the UUID."""
    header = ("x-gitlab-event-uuid", "u-1")

    assert told(header, n=1).id == told(header, n=1).id
    assert told(header, n=1).id != told(header, n=2).id
    assert told(header, n=1).id != told(("x-gitlab-event-uuid", "u-2"), n=1).id


def test_a_body_that_is_no_json_is_refused():
    assert read("gitlab", Inbound(headers=(), body=b""), NOW).status == 415
