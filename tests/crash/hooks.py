"""Senders of webhooks against the real process: its hooks, and requests byte by byte."""

import json
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

from reactor.engine.inbound import Inbound
from tests.engine.inbound.senders import JSON, TOKEN, Hook
from tests.service import PATIENCE, Service

Address = tuple[str, int]

PLAIN = Hook(token=TOKEN)
"""A hook for any sender of JSON."""


def write_rules(folder: Path, hooks: Mapping[str, Hook]) -> Path:
    """A rule file with these hooks and one rule, which matches every event and sends nothing."""
    rules = {
        "version": 1,
        "sources": {name: {"type": "webhook", **_entry(hook)} for name, hook in hooks.items()},
        "rules": [{"name": "any", "match": {"x": 1}, "actions": [{"log": "info", "text": "x"}]}],
    }
    path = folder / "rules.yaml"
    path.write_text(json.dumps(rules))  # which is YAML
    return path


def _entry(hook: Hook) -> dict[str, object]:
    signature = hook.signature
    entry: dict[str, object] = {
        "preset": hook.preset,
        "token": hook.token,
        "secret": hook.secret,
        "signature": signature
        and {
            "header": signature.header,
            "prefix": signature.prefix,
            "algorithm": signature.algorithm,
            "encoding": signature.encoding,
        },
    }
    return {key: value for key, value in entry.items() if value is not None}


def address_of(service: Service) -> Address:
    """Where a service that runs is reached."""
    found = re.search(r"http://([\d.]+):(\d+)/healthz", service.hears("running", "/healthz"))
    assert found
    return found[1], int(found[2])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a sender got."""

    status: int
    body: bytes

    @property
    def ids(self) -> list[str]:
        """Of the events that were taken."""
        return list(json.loads(self.body)["events"])


def post(address: Address, hook: str, inbound: Inbound) -> Answer:
    """A request as it stands, on a connection of its own. Raises OSError and HTTPException."""
    with closing(HTTPConnection(*address, timeout=PATIENCE)) as client:
        query = f"?{inbound.query}" if inbound.query else ""
        client.putrequest(inbound.method, f"/hooks/{quote(hook)}{query}")
        for name, value in inbound.headers:
            client.putheader(name, value.encode("latin-1"))
        client.putheader("Content-Length", str(len(inbound.body)))
        client.endheaders(inbound.body)
        answer = client.getresponse()
        return Answer(answer.status, answer.read())


def an_event(identity: str, **fields: str) -> Inbound:
    """For a PLAIN hook, with an id of its own."""
    body = json.dumps({"uuid": identity, **fields}).encode()
    return Inbound(headers=(JSON, ("authorization", f"Bearer {TOKEN}")), body=body)


def journaled(data_dir: Path) -> list[str]:
    """The ids of all events, in order. The service may be running."""
    with closing(sqlite3.connect(f"file:{data_dir}/reactor.db?mode=ro", uri=True)) as db:
        return [row[0] for row in db.execute("select id from events order by number")]
