"""GitHub's webhooks, and those of Gitea and Forgejo, whose bodies have the same shape.

https://docs.github.com/en/webhooks/webhook-events-and-payloads and
https://docs.gitea.com/usage/webhooks
"""

from collections.abc import Mapping
from datetime import datetime

from reactor.engine.inbound.body import (
    FORM,
    Document,
    form_fields,
    json_body,
    json_object,
    media_type,
)
from reactor.engine.inbound.fields import (
    Table,
    delivery_id,
    facts_of,
    moment,
    pick,
    pick_text,
    ref_facts,
)
from reactor.engine.inbound.values import Ground, Inbound, Refused, Telling, Told

_IMAGES = (
    "registry_package.package_version.container_metadata.tag",
    "package.package_version.container_metadata.tag",
)

_FACTS: Table = {
    "action": ("action",),
    "repository": ("repository.full_name",),
    "sender": ("sender.login",),
    "branch": ("workflow_run.head_branch", "check_suite.head_branch", "pull_request.head.ref"),
    "commit": (
        "workflow_run.head_sha",
        "check_run.head_sha",
        "check_suite.head_sha",
        "pull_request.head.sha",
        "deployment.sha",
        "sha",
        "after",
    ),
    "status": (
        "workflow_run.conclusion",
        "workflow_run.status",
        "check_run.conclusion",
        "check_run.status",
        "check_suite.conclusion",
        "check_suite.status",
        "deployment_status.state",
        "state",
    ),
    "workflow": ("workflow_run.name",),
    "environment": ("deployment.environment",),
    "package": ("registry_package.name", "package.name"),
    "tag": ("release.tag_name", *(f"{image}.name" for image in _IMAGES), "package.version"),
    "digest": tuple(f"{image}.digest" for image in _IMAGES),
}

_HAPPENED = {
    "push": "repository.pushed_at",  # unix seconds in this event alone
    "workflow_run": "workflow_run.updated_at",
    "check_run": "check_run.completed_at",
    "check_suite": "check_suite.updated_at",
    "deployment_status": "deployment_status.updated_at",
    "pull_request": "pull_request.updated_at",
    "issues": "issue.updated_at",
    "release": "release.published_at",
    "registry_package": "registry_package.updated_at",
    "package": "package.updated_at",
    "status": "updated_at",
}
"""Where each event says when it happened; `updated_at` of the repository is another moment."""


def tell_github(inbound: Inbound, now: datetime) -> Telling:
    """What GitHub tells, as JSON or as a form with the JSON in `payload`."""
    raw = _payload(inbound.body) if media_type(inbound) == FORM else json_body(inbound)
    return _tell(inbound, now, json_object(raw), "x-github")


def tell_gitea(inbound: Inbound, now: datetime) -> Telling:
    """What Gitea or Forgejo tells, as JSON. Its forms cannot be taken: there it signs the JSON
    and not the body that it sends."""
    return _tell(inbound, now, json_object(json_body(inbound)), "x-gitea")


def _payload(body: bytes) -> bytes | Refused:
    fields = form_fields(body)
    if isinstance(fields, Refused):
        return fields
    if "payload" not in fields:
        return Refused(422, Ground.NO_EVENT, "its form has no field 'payload'")
    return fields["payload"].encode()


def _tell(inbound: Inbound, now: datetime, document: Document | Refused, family: str) -> Telling:
    if isinstance(document, Refused):
        return document
    data, event = document.data, inbound.only(f"{family}-event") or ""
    told = Told(
        id=delivery_id(inbound, now, f"{family}-delivery"),
        raw=document.raw,
        subject=_subject(data),
        time=moment(pick(data, _HAPPENED[event])) if event in _HAPPENED else None,
        facts=_facts(event, data),
    )
    return (told,)


def _facts(event: str, data: Mapping[str, object]) -> dict[str, object]:
    named = {"type": event} if event else {}
    return named | facts_of(data, _FACTS) | ref_facts(data.get("ref"))


def _subject(data: Mapping[str, object]) -> str | None:
    """The repository; an issue or a pull request of it as GitHub writes these: `acme/web#12`."""
    repository = pick_text(data, "repository.full_name")
    number = pick(data, "issue.number", "pull_request.number")
    return f"{repository}#{number}" if repository and number else repository
