"""GitLab's webhooks.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from collections.abc import Mapping
from datetime import datetime

from reactor.engine.inbound.body import json_body, json_object
from reactor.engine.inbound.fields import (
    Table,
    delivery_id,
    digest,
    facts_of,
    moment,
    pick,
    pick_text,
    ref_facts,
)
from reactor.engine.inbound.values import Inbound, Refused, Telling, Told

_FACTS: Table = {
    "type": ("object_kind", "event_name"),
    "action": ("object_attributes.action", "action"),
    "repository": ("project.path_with_namespace",),
    "sender": ("user_username", "user.username"),
    "branch": ("object_attributes.source_branch",),
    "commit": (
        "object_attributes.sha",
        "object_attributes.last_commit.id",
        "sha",
        "checkout_sha",
        "after",
        "commit.id",
    ),
    "status": ("object_attributes.status", "build_status", "status", "object_attributes.state"),
    "environment": ("environment", "environment.name"),
}

_HAPPENED = (
    "object_attributes.finished_at",
    "object_attributes.updated_at",
    "build_finished_at",
    "status_changed_at",
    "released_at",
)

_NUMBERED = {"merge_request": "!", "issue": "#", "work_item": "#"}


def tell_gitlab(inbound: Inbound, now: datetime) -> Telling:
    """What GitLab tells."""
    document = json_object(json_body(inbound))
    if isinstance(document, Refused):
        return document
    data = document.data
    told = Told(
        id=_id(inbound, now),
        raw=document.raw,
        subject=_subject(data),
        time=moment(pick(data, *_HAPPENED)),
        facts=facts_of(data, _FACTS) | _ref(data),
    )
    return (told,)


def _id(inbound: Inbound, now: datetime) -> str:
    """The key that stays the same over retries, since GitLab 17.4. The older UUID is shared by
    hooks that set off each other, so it names a delivery only together with its body."""
    shared = inbound.only("x-gitlab-event-uuid")
    if shared and not inbound.only("idempotency-key"):
        return digest(shared, inbound.body)
    return delivery_id(inbound, now, "idempotency-key")


def _subject(data: Mapping[str, object]) -> str | None:
    """The project; a merge request or an issue of it as GitLab writes these: `acme/web!12`."""
    project = pick_text(data, "project.path_with_namespace")
    sign = _NUMBERED.get(pick_text(data, "object_kind") or "")
    number = pick(data, "object_attributes.iid")
    return f"{project}{sign}{number}" if project and sign and number else project


def _ref(data: Mapping[str, object]) -> dict[str, object]:
    """The branch or tag: a whole reference in a push, a bare name and a flag in a pipeline and a
    build, `tag` alone in a release."""
    ref = pick_text(data, "object_attributes.ref", "ref")
    is_tag = pick(data, "object_attributes.tag", "tag")
    if ref and isinstance(is_tag, bool):
        return {"tag" if is_tag else "branch": ref}
    return {"tag": is_tag} if isinstance(is_tag, str) else ref_facts(ref)
