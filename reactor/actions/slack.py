"""`slack: DEST`: a message to a Slack incoming webhook, cut to Slack's limits.

Limits: docs/platforms.md §5. Values are escaped where templates land (Landing.SLACK).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

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

TEXT_LIMIT = 4000
BLOCKS_LIMIT = 50
_BLOCK_TEXT_LIMITS = {"header": 150}
_BLOCK_TEXT_LIMIT = 3000

_PARTIAL_ENTITY = re.compile(r"&[a-z]{0,3}$")
_SLACK_ERROR = re.compile(rb"[a-z_]{1,40}")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Slack:
    """A message to a Slack incoming webhook."""

    fields: Mapping[str, Field] = {
        "text": Field(
            kind=Kind.TEXT,
            about="The message; beside blocks, what notifications show.",
            landing=Landing.SLACK,
        ),
        "blocks": Field(
            kind=Kind.BODY, about="Block Kit blocks: a list of mappings.", landing=Landing.SLACK
        ),
        "channel": Field(kind=Kind.TEXT, about="Another channel, where the webhook may choose it."),
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
        payload: dict[str, object] = {"text": _cut(text, TEXT_LIMIT, vault)}
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
        return http_request(delivery, destination, vault, now)

    def judge(self, response: Response) -> Outcome:
        """By status; Slack names its error in one word, such as `no_service`."""
        outcome = judge_http(response)
        if outcome.verdict is Verdict.SUCCEEDED or not _SLACK_ERROR.fullmatch(response.body):
            return outcome
        return replace(outcome, detail=f"{outcome.detail}: {response.body.decode()}")


def _blocks(written: object, names: Mapping[str, object], vault: Vault) -> list[object]:
    blocks = json.loads(render_body(written, names))
    if not isinstance(blocks, list):
        raise RenderFailed("'blocks' is not a list of mappings")
    return [_cut_block(block, vault) for block in blocks[:BLOCKS_LIMIT]]


def _cut_block(block: object, vault: Vault) -> object:
    """The block with no text longer than Slack takes in a block of its type."""
    kind = block.get("type") if isinstance(block, dict) else None
    return _cut_texts(block, _BLOCK_TEXT_LIMITS.get(str(kind), _BLOCK_TEXT_LIMIT), vault)


def _cut_texts(value: object, limit: int, vault: Vault) -> object:
    if isinstance(value, dict):
        return {key: _cut_texts(item, limit, vault) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut_texts(item, limit, vault) for item in value]
    return _cut(value, limit, vault) if isinstance(value, str) else value


def _cut(text: str, limit: int, vault: Vault) -> str:
    """At most `limit` characters, ending in "…" if any are missing; no entity and no mark of a
    secret is cut in two."""
    if len(text) <= limit:
        return text
    kept, room = "", limit - 1
    for part in vault.split(text):
        written = part if isinstance(part, str) else vault.mark(part.reference)
        if len(written) > room:
            kept += part[:room] if isinstance(part, str) else ""
            break
        kept, room = kept + written, room - len(written)
    return _PARTIAL_ENTITY.sub("", kept) + "…"
