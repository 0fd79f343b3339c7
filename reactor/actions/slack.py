"""`slack: DEST`: a message to Slack, by an incoming webhook or by a bot.

What Slack answers: docs/platforms.md §5. Values are escaped where templates land (Landing.SLACK).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from msgspec import structs

from reactor.engine.blocks import TEXT_LIMIT, cut, cut_blocks
from reactor.engine.filters import json_of
from reactor.engine.judge import judge_http
from reactor.engine.outgoing import JSON_TYPE, http_request, summary
from reactor.engine.template import Template, references_in, render_body
from reactor.model.delivery import Delivery
from reactor.model.errors import RenderFailed
from reactor.model.lookup import Reference
from reactor.model.protocols import Field, Kind, Landing
from reactor.model.request import HttpRequest, Outcome, Response, StoredRequest, Verdict
from reactor.model.rule import ActionSpec, Destination
from reactor.model.secret import Joint, Vault

_WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

_PASSING = frozenset(
    {"fatal_error", "internal_error", "rate_limited", "ratelimited", "request_timeout"}
    | {"service_unavailable", "team_added_to_org"}
)
"""Errors in a 200 that pass."""

_REFUSED_STATUSES = frozenset([401, 403, 404, 410])
_REFUSALS = frozenset(
    {"access_denied", "accesslimited", "account_inactive", "action_prohibited"}
    | {"channel_is_archived", "channel_not_found", "ekm_access_denied", "enterprise_is_restricted"}
    | {"invalid_auth", "invalid_token", "is_archived", "missing_scope", "no_active_hooks"}
    | {"no_permission", "no_service", "no_team", "not_allowed_token_type", "not_authed"}
    | {"not_in_channel", "org_login_required", "posting_to_general_channel_denied"}
    | {"restricted_action", "team_access_not_granted", "team_disabled", "token_expired"}
    | {"token_revoked", "two_factor_setup_required"}
)
"""Errors that are about the destination and not about the message: the next one gets them too."""


class Slack:
    """A message to a Slack incoming webhook, or by chat.postMessage."""

    fields: Mapping[str, Field] = {
        "text": Field(
            kind=Kind.TEXT,
            about="The message; beside blocks, what notifications show.",
            landing=Landing.SLACK,
        ),
        "blocks": Field(
            kind=Kind.BODY, about="Block Kit blocks: a list of mappings.", landing=Landing.SLACK
        ),
        "channel": Field(kind=Kind.TEXT, about="Another channel than the destination's."),
    }
    value = Field(kind=Kind.TEXT, about="A destination of type slack.", required=True)
    destination_types: tuple[str, ...] = ("slack",)
    calls_back = False

    def references(self, action: ActionSpec) -> Iterator[Reference]:
        """What its texts name."""
        return references_in(action.parameters)

    def render(
        self, action: ActionSpec, names: Mapping[str, object], vault: Vault
    ) -> StoredRequest:
        """The message to store. Raises RenderFailed."""
        template = action.parameters.get("text")
        text = (
            template.render(names)
            if isinstance(template, Template)
            else summary(names).translate(_ESCAPES)
        )
        payload: dict[str, object] = {"text": cut(text, TEXT_LIMIT, vault)}
        if (blocks := action.parameters.get("blocks")) is not None:
            payload["blocks"] = _blocks(blocks, names, vault)
        if (channel := action.parameters.get("channel")) is not None:
            payload["channel"] = channel
        return StoredRequest(
            method="POST",
            headers={"content-type": (JSON_TYPE,)},
            body=vault.split(json_of(payload), Joint.JSON),
        )

    def build(
        self, delivery: Delivery, destination: Destination | None, vault: Vault, now: datetime
    ) -> HttpRequest:
        """The request of one attempt. Raises DestinationRemoved, RenderFailed."""
        request = http_request(delivery, destination, vault, now)
        if destination is None or destination.token is None:
            return request
        message = {"channel": destination.channel, **json.loads(request.body)}
        bearer = {"authorization": f"Bearer {destination.token.value}"}
        return structs.replace(
            request, headers={**request.headers, **bearer}, body=json_of(message).encode()
        )

    def judge(self, response: Response) -> Outcome:
        """By status, and by the word that Slack names its error with, such as `no_service`; the
        API says so within a 200."""
        outcome, error = judge_http(response), _error(response)
        is_refusal = response.status in _REFUSED_STATUSES or error in _REFUSALS
        if error is None:
            return replace(outcome, is_refusal=True) if is_refusal else outcome
        if outcome.verdict is Verdict.SUCCEEDED:
            outcome = _failed(outcome, response, error)
        return replace(outcome, detail=f"{outcome.detail}: {error}", is_refusal=is_refusal)


def _error(response: Response) -> str | None:
    """What Slack says went wrong, None where it says nothing of the kind."""
    text = response.body.decode(errors="replace")
    if text.startswith("{"):
        return _api_error(text)
    is_ok = response.status is not None and 200 <= response.status < 300
    return text if not is_ok and _WORD.fullmatch(text) else None


def _api_error(text: str) -> str | None:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if answer.get("ok") is not False:
        return None
    error = answer.get("error")
    return error if isinstance(error, str) and _WORD.fullmatch(error) else "an error without a name"


def _failed(outcome: Outcome, response: Response, error: str) -> Outcome:
    """The outcome of a 200 that is none."""
    if error not in _PASSING:
        return replace(outcome, verdict=Verdict.BURY)
    busy = judge_http(replace(response, status=429))
    return replace(busy, detail=outcome.detail, status=response.status)


def _blocks(written: object, names: Mapping[str, object], vault: Vault) -> list[object]:
    blocks = json.loads(render_body(written, names))
    if not isinstance(blocks, list):
        raise RenderFailed("'blocks' is not a list of mappings")
    return cut_blocks(blocks, vault)
