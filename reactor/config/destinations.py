"""What must fit together in an entry of `destinations`, and between them."""

from collections.abc import Mapping

from reactor.config.node import Entry, Items, Node, Problems, Scalar, Table, did_you_mean
from reactor.config.values import refuse, value_of
from reactor.engine.signature import PREFIX, base64_key
from reactor.model.rule import Destination
from reactor.model.secret import Secret

SLACK_API = "https://slack.com/api/chat.postMessage"
"""Where a bot posts (docs.slack.dev/reference/methods/chat.postMessage)."""


def slack_url(table: Table, url: object, problems: Problems) -> object:
    """Where a slack destination is: its webhook, or for a bot the API. Notes what is missing."""
    token, channel = value_of(table, "token"), value_of(table, "channel")
    if token is None and "url" not in table.entries:
        problems.note(table.place, "a destination of type slack needs 'url' or 'token'")
    if token is not None and channel is None:
        problems.note(token.place, "a destination with a 'token' needs 'channel'")
    if token is None and channel is not None:
        message = "'channel' goes with 'token': an incoming webhook has its own"
        problems.note(channel.place, message)
    return Secret(SLACK_API) if url is None and token is not None else url


def check_concurrency(table: Table, problems: Problems) -> None:
    """Note a bound that would let nothing out."""
    node = value_of(table, "concurrency")
    if isinstance(node, Scalar) and node.value == 0 and not isinstance(node.value, bool):
        refuse(problems, "concurrency", node, "a whole number from 1")


def check_signing(table: Table, problems: Problems) -> None:
    """Note a secret that claims to be one of Standard Webhooks and is none; it is not shown."""
    node = value_of(table, "secret")
    nodes = node.items if isinstance(node, Items) else (node,)
    for each in nodes:
        if each is not None and _is_broken(each):
            message = f"'secret' begins with {PREFIX}, expected base64 behind it"
            problems.note(each.place, message)


def _is_broken(node: Node) -> bool:
    text = node.value if isinstance(node, Scalar) and not node.unresolved else None
    return isinstance(text, str) and text.startswith(PREFIX) and base64_key(text) is None


def check_fallbacks(
    entries: Mapping[str, Entry], found: Mapping[str, Destination | None], problems: Problems
) -> None:
    """Note a `fallback` that is not there, or is the destination itself."""
    for name, destination in found.items():
        table, fallback = entries[name].value, destination.fallback if destination else None
        node = value_of(table, "fallback") if isinstance(table, Table) else None
        if node is None or fallback is None:
            continue
        if fallback == name:
            problems.note(node.place, f"the fallback of '{name}' is '{name}' itself")
        elif fallback not in entries:
            message = f"'fallback' names the destination '{fallback}', which does not exist"
            problems.note(node.place, message, did_you_mean(fallback, entries))
