"""Where deliveries go: what each host's name resolves to, and whether requests may go there.

No request is made: every destination would take it for a delivery.
"""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reactor.cli.doctor.faults import reason, remedy
from reactor.cli.doctor.finding import Finding, broken, doubtful, well
from reactor.delivery.addresses import literal_refusal, refusal
from reactor.engine.template import Template
from reactor.model.host import host_of, without_user
from reactor.model.request import PLAIN, Route
from reactor.model.rule import Rule, Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Somewhere that requests go: `name` is what the rule file calls it, `host` whom they are for,
    `peer` whom the connection is with, which is the host or its proxy."""

    name: str
    host: str
    peer: str
    route: Route


def outgoing(ruleset: Ruleset) -> Iterator[Outgoing]:
    """The destinations, the hosts of URLs that stand in rules, each once, and the heartbeat."""
    for name, destination in ruleset.destinations.items():
        yield _outgoing(f"destination {name}", destination.url.value, destination.route)
    inline: dict[str, Outgoing] = {}
    for rule in ruleset.rules:
        for each in _inline(rule):
            inline.setdefault(each.host, each)
    yield from inline.values()
    if beat := ruleset.heartbeat:
        yield _outgoing("heartbeat", beat.url.value, Route(allow=beat.allow))


def _inline(rule: Rule) -> Iterator[Outgoing]:
    for action in rule.actions:
        if action.type == "webhook" and isinstance(action.value, Template):
            # Neither scheme nor host of such a URL can be a template or a secret.
            yield _outgoing(f"rule {rule.name}", action.value.source, PLAIN)


def _outgoing(name: str, url: str, route: Route) -> Outgoing:
    host = host_of(url) or ""  # the rules were checked: it has one
    proxy = host_of(without_user(route.proxy.value)) if route.proxy else None
    return Outgoing(name=name, host=host, peer=proxy or host, route=route)


def look_at_destination(each: Outgoing) -> Iterator[Finding]:
    """Resolve the name. Blocks as long as the system's resolver does."""
    yield _resolved(each)


def _resolved(each: Outgoing) -> Finding:
    if refused := literal_refusal(each.host, each.route):
        return broken(each.name, refused, _advice(refused))
    try:
        found = socket.getaddrinfo(each.peer, None, type=socket.SOCK_STREAM)
    except OSError as error:
        return broken(each.name, f"{each.peer}: {reason(error)}", remedy(error))
    addresses = dict.fromkeys(str(address[0]) for *_, address in found)
    return judge_addresses(each, {at: refusal(at, each.peer, each.route) for at in addresses})


def judge_addresses(each: Outgoing, found: Mapping[str, str | None]) -> Finding:
    """Of the addresses that the name resolves to, each with why it is refused, or None."""
    by_proxy = f"{each.host} by way of {each.peer}" if each.peer != each.host else each.host
    open_, refused = [at for at in found if not found[at]], [why for why in found.values() if why]
    if not refused:
        told = ", ".join(open_)
        return well(each.name, by_proxy if told == each.peer else f"{by_proxy} is {told}")
    told = f"{by_proxy}: {'; '.join(refused)}"
    if not open_:
        return broken(each.name, told, _advice(refused[0]))
    return doubtful(each.name, f"{told}; {', '.join(open_)} is open", _advice(refused[0]))


def _advice(refused: str) -> str:
    if "allow:" in refused:  # it says itself what to write
        return "if that is meant, write it; else see who answers for this name"
    return "see who answers for this name, and `deny` in the rule file"
