"""The rules and events of the bench: the mix that reference/performance.md compares peers by.

60 % of the rules ask for type, state and one of 2,000 parents; 20 % for type and one of three
states; 5 % each for a prefix and a glob on resource_uri, a regex on state, and a number or
existence. Events have about 400 bytes and 2 or 3 parents. Everything is the same at every run.
"""

import json
import random
from collections.abc import Callable, Iterable

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
        f"    match: {json.dumps(mixed_match(chance, number))}\n"
        f"    actions: [{{webhook: sink}}]\n"
        for number in range(count)
    )


def mixed_match(chance: random.Random, number: int) -> dict[str, object]:
    """The `match` of one rule; its number says of which kind, in twentieths of the mix."""
    share = number * 7 % 20
    kind, state = chance.choice(TYPES), chance.choice(STATES)
    if share < 12:
        return {"type": kind, "state": state, "parents": service_uri(chance.randrange(PARENTS))}
    if share < 16:
        return {"type": kind, "state": chance.sample(STATES, 3)}
    return _SELDOM[share - 16](chance, kind, state)


def _number_or_exists(chance: random.Random) -> dict[str, object]:
    if chance.randrange(2):
        return {"owner": {"exists": True}}
    return {"code": {"gt": chance.randrange(240, 256)}}


_SELDOM: tuple[Callable[[random.Random, str, str], dict[str, object]], ...] = (
    lambda chance, kind, _: {
        "resource_uri": {"prefix": f"/api/app/v1/acme/{kind}/{chance.randrange(4096):03x}"}
    },
    lambda chance, kind, _: {"resource_uri": {"glob": f"*/{kind}/{chance.randrange(4096):03x}*"}},
    lambda _, kind, state: {"type": kind, "state": {"regex": f"^{state[:4]}.*ed$"}},
    lambda chance, kind, _: {"type": kind, **_number_or_exists(chance)},
)


def service_uri(number: int) -> str:
    """One of the PARENTS that rules ask for."""
    return f"/api/app/v1/acme/service/{number:08x}-0000-4000-8000-000000000000/"


def mixed_frames(count: int) -> list[bytes]:
    """Events of the mix."""
    chance = random.Random(2)
    return [_mixed_frame(chance, number, chance.choice(STATES)) for number in range(count)]


def unseen_frames(numbers: Iterable[int]) -> list[bytes]:
    """Events whose every state is new. Each begins and ends as those do that regexes ask for."""
    chance = random.Random(3)
    return [
        _mixed_frame(chance, number, f"{chance.choice(STATES)[:4]}{number}ed") for number in numbers
    ]


def _mixed_frame(chance: random.Random, number: int, state: str) -> bytes:
    return frame(
        number,
        kind=chance.choice(TYPES),
        state=state,
        parent=chance.randrange(PARENTS),
        code=chance.randrange(256),
        is_in_stack=number % 3 == 0,
    )


def frame(
    number: int,
    *,
    kind: str = "container",
    state: str = "Stopped",
    parent: int = 7,
    code: int = 137,
    is_in_stack: bool = False,
) -> bytes:
    """One event, recognisable by its number. Within a stack it has a third parent."""
    identity = f"{number * 2654435761 % 2**32:08x}-{number:04x}-4000-8000-000000000000"
    parents = [service_uri(parent), f"/api/infra/v1/acme/node/{identity}/"]
    event = {
        "type": kind,
        "action": "update",
        "state": state,
        "uuid": identity,
        "datetime": "2030-01-07T12:00:00.000000+00:00",
        "resource_uri": f"/api/app/v1/acme/{kind}/{identity}/",
        "parents": [*parents, f"/api/app/v1/acme/stack/{identity}/"] if is_in_stack else parents,
        "code": code,
        "number": number,
    }
    return json.dumps(event, separators=(",", ":")).encode()
