"""What Slack sends to an app: buttons (a form with JSON in `payload`), slash commands (a form) and
the Events API (JSON).

https://docs.slack.dev/interactivity/handling-user-interaction,
https://docs.slack.dev/interactivity/implementing-slash-commands and, for the challenge,
https://api.slack.com/events/url_verification
"""

from collections.abc import Mapping
from datetime import datetime

from reactor.engine.inbound.body import (
    FORM,
    form_fields,
    json_body,
    json_object,
    media_type,
)
from reactor.engine.inbound.fields import Table, digest, facts_of, moment, pick_text, unix_moment
from reactor.engine.inbound.proofs import SLACK_STAMP
from reactor.engine.inbound.values import Challenge, Inbound, Refused, Telling, Told
from reactor.engine.normalize import canonical

_FACTS: Table = {
    "type": ("event.type", "type"),
    "user": ("user.username", "user.name", "user_name", "event.user", "user.id", "user_id"),
    "channel": ("channel.name", "channel_name", "event.channel", "channel.id"),
    "team": ("team.domain", "team_domain", "team_id"),
    "callback": ("callback_id", "view.callback_id"),
    "command": ("command",),
    "text": ("text", "event.text"),
}

_BUTTON: Table = {
    "action": ("action_id", "name"),
    "value": ("value", "selected_option.value"),
}


def tell_slack(inbound: Inbound, _: datetime) -> Telling:
    """What somebody did in Slack; or the challenge that comes when a URL for events is set."""
    document = json_object(_raw(inbound))
    if isinstance(document, Refused):
        return document
    data, stamp = document.data, inbound.only(SLACK_STAMP) or ""
    if data.get("type") == "url_verification":
        return Challenge(pick_text(data, "challenge") or "")
    told = Told(
        id=pick_text(data, "event_id") or digest(stamp, inbound.body),
        raw=document.raw,
        subject=pick_text(data, "channel.id", "channel_id", "event.channel", "team.id", "team_id"),
        time=moment(data.get("event_time")) or unix_moment(stamp),
        facts=_facts(data),
    )
    return (told,)


def _raw(inbound: Inbound) -> bytes | Refused:
    """The JSON; of a slash command, which is none, its fields as an object."""
    if media_type(inbound) != FORM:
        return json_body(inbound)
    fields = form_fields(inbound.body)
    if isinstance(fields, Refused):
        return fields
    return fields["payload"].encode() if "payload" in fields else canonical(fields).encode()


def _facts(data: Mapping[str, object]) -> dict[str, object]:
    kind = {"type": "slash_command"} if pick_text(data, "command") else {}
    return kind | facts_of(data, _FACTS) | facts_of(_pressed(data), _BUTTON)


def _pressed(data: Mapping[str, object]) -> Mapping[str, object]:
    """The button that was pressed or the menu that was used; Slack tells one at a time."""
    actions = data.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    return first if isinstance(first, dict) else {}
