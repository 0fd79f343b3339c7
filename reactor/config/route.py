"""How requests of a destination go out, and where they may: `ca, cert, key, proxy, allow, deny`."""

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path

from reactor.config.node import Node, Problems, Scalar, Table
from reactor.config.values import as_texts, refuse, url_fault, value_of
from reactor.model.host import without_user
from reactor.model.protocols import Field, Kind
from reactor.model.request import PEM, Network, Route
from reactor.model.secret import Secret

ALLOW = Field(kind=Kind.TEXTS, about="Private networks that the host's name may lead to.")

FIELDS: Mapping[str, Field] = {
    "ca": Field(kind=Kind.TEXT, about="Who signs its certificate: a PEM file, or its text."),
    "cert": Field(kind=Kind.TEXT, about="The certificate we show: a PEM file, or its text."),
    "key": Field(kind=Kind.SECRET, about="The key of 'cert': a PEM file, or its text."),
    "proxy": Field(kind=Kind.SECRET, about="The URL of a proxy, with its user and password."),
    "allow": ALLOW,
    "deny": Field(kind=Kind.TEXTS, about="Networks that no request may go to."),
}
"""Their keys, the same for every type of destination."""


def take_route(table: Table, options: dict[str, object], problems: Problems) -> Route:
    """The route that the keys in `options` make, which are taken out of it."""
    given = {key: options.pop(key, None) for key in FIELDS}
    key, proxy = given["key"], given["proxy"]
    if key is not None and "cert" not in table.entries:
        problems.note(table.entries["key"].key_place, "'key' needs 'cert'")
    return Route(
        ca=_pem("ca", given["ca"], table, problems),
        cert=_pem("cert", given["cert"], table, problems),
        key=_key(key, table),
        proxy=_proxy(proxy, table, problems),
        allow=networks("allow", table, problems),
        deny=networks("deny", table, problems),
    )


def networks(key: str, table: Table, problems: Problems) -> tuple[Network, ...]:
    """What `allow` or `deny` of a mapping names: networks, or single addresses."""
    node = value_of(table, key)
    # That the texts are texts was noted when they were read.
    texts = as_texts(key, node, Problems()) if node else ()
    found = (_network(key, text, each, problems) for text, each in texts)
    return tuple(network for network in found if network)


def _network(key: str, text: str, node: Node, problems: Problems) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        refuse(problems, key, node, "a network such as 10.0.0.0/8 or fd00::/8, or an address")
        return None


def _pem(key: str, given: object, table: Table, problems: Problems) -> str | None:
    """The text itself, or the file's path, which begins at the rule file."""
    if not isinstance(given, str):
        return None
    node = table.entries[key].value
    if not given:
        problems.note(node.place, f"'{key}' is empty")
    return given if PEM in given else str(Path(node.place.file).parent / given)


def _key(given: object, table: Table) -> Secret | None:
    if not isinstance(given, Secret):
        return None
    found = _pem("key", given.value, table, Problems())  # that it is empty was noted
    return None if found is None else Secret(found)


def _proxy(given: object, table: Table, problems: Problems) -> Secret | None:
    node = value_of(table, "proxy")
    if not isinstance(given, Secret) or not isinstance(node, Scalar) or node.unresolved:
        return None
    if fault := url_fault(without_user(given.value)):
        problems.note(node.place, f"'proxy': {fault}")
    return given
