"""The rules and events of the bench: the mix that reference/performance.md compares peers by.

60 % of the rules ask for type, state and one of 2,000 parents; 20 % for type and one of three
states; 5 % each for a prefix and a glob on resource_uri, a regex on state, and a number or
existence. Events have about 390 bytes. Everything is the same at every run.
"""

import json
import random
from collections.abc import Callable

TYPES = ("container", "service", "stack", "node", "nodecluster", "action", "volume", "network")
STATES = tuple(
    f"{first}{last}"
    for first in ("Re", "Un", "Over", "Mis")
    for last in (
        "Started",
        "Stopped",
        "Running",
        "Scaled",
        "Deployed",
        "Linked",
        "Bound",
        "Moved",
        "Paused",
        "Removed",
    )
)
PARENTS = 2_000

FIRING_RULE = """
  - name: container stopped
    match: {type: container, action: update, state: Stopped}
    actions:
      - webhook: sink
        body: {number: "{{ number }}", text: "{{ resource_uri }} went to {{ state }}"}
"""


def rule_file(rules: str, *, fifo: str, sink_port: int) -> str:
    """A whole rule file: events from a FIFO, webhooks to the sink."""
    return f"""version: 1
sources:
  feed: {{type: file, path: {fifo}}}
destinations:
  sink: {{type: webhook, url: "http://127.0.0.1:{sink_port}/"}}
rules:
{rules}"""


def mixed_rules(count: int) -> str:
    """The rules of the mix, as the items of `rules:`."""
    chance = random.Random(1)
    return "".join(
        f"  - name: rule {number}\n"
        f"    match: {json.dumps(_match(chance, number * 7 % 20))}\n"
        f"    actions: [{{webhook: sink}}]\n"
        for number in range(count)
    )


def _match(chance: random.Random, share: int) -> dict[str, object]:
    """One condition; `share` says of which kind, in twentieths of the mix."""
    kind, state = chance.choice(TYPES), chance.choice(STATES)
    if share < 12:
        return {"type": kind, "state": state, "parents": _parent(chance.randrange(PARENTS))}
    if share < 16:
        return {"type": kind, "state": chance.sample(STATES, 3)}
    return _SELDOM[share - 16](chance, kind, state)


_NUMBER_OR_EXISTS: tuple[dict[str, object], ...] = (
    {"code": {"gt": 250}},
    {"owner": {"exists": True}},
)

_SELDOM: tuple[Callable[[random.Random, str, str], dict[str, object]], ...] = (
    lambda chance, kind, _: {
        "resource_uri": {"prefix": f"/api/app/v1/acme/{kind}/{chance.randrange(4096):03x}"}
    },
    lambda chance, kind, _: {"resource_uri": {"glob": f"*/{kind}/{chance.randrange(4096):03x}*"}},
    lambda _, kind, state: {"type": kind, "state": {"regex": f"^{state[:4]}.*ed$"}},
    lambda chance, kind, _: {"type": kind, **chance.choice(_NUMBER_OR_EXISTS)},
)


def _parent(number: int) -> str:
    return f"/api/app/v1/acme/service/{number:08x}-0000-4000-8000-000000000000/"


def mixed_frames(count: int) -> list[bytes]:
    """Events of the mix."""
    chance = random.Random(2)
    return [
        frame(
            number,
            kind=chance.choice(TYPES),
            state=chance.choice(STATES),
            parent=chance.randrange(PARENTS),
            code=chance.randrange(256),
        )
        for number in range(count)
    ]


def frame(
    number: int,
    *,
    kind: str = "container",
    state: str = "Stopped",
    parent: int = 7,
    code: int = 137,
) -> bytes:
    """One event, recognisable by its number."""
    identity = f"{number * 2654435761 % 2**32:08x}-{number:04x}-4000-8000-000000000000"
    event = {
        "type": kind,
        "action": "update",
        "state": state,
        "uuid": identity,
        "datetime": "2030-01-07T12:00:00.000000+00:00",
        "resource_uri": f"/api/app/v1/acme/{kind}/{identity}/",
        "parents": [_parent(parent), f"/api/infra/v1/acme/node/{identity}/"],
        "code": code,
        "number": number,
    }
    return json.dumps(event).encode()
