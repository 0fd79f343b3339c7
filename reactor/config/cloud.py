"""What the keys of a source of Docker Cloud's kind, or of Tutum's, cannot say one by one."""

import re
from ipaddress import ip_address

from reactor.config.node import Problems, Scalar, Table
from reactor.config.values import refuse, shown, value_of

_HOSTS = {
    "stream_host": ("wss", "ws", "wss://stream.example.com/"),
    "rest_host": ("https", "http", "https://rest.example.com/"),
}
"""The scheme of each host with TLS, without, and an example."""

_HOST = re.compile(r"([a-z]+)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?/?")
_NAMESPACE = re.compile(r"[A-Za-z0-9_-]{1,64}")  # it becomes a part of paths


def check_cloud(table: Table, problems: Problems) -> None:
    """Note credentials that are not whole, and a namespace or a host that is none; warn where the
    credentials would travel in clear."""
    _check_credentials(table, problems)
    checks = {"namespace": check_namespace, "stream_host": _check_host, "rest_host": _check_host}
    for key, check in checks.items():
        node = value_of(table, key)
        text = node.value if isinstance(node, Scalar) and not node.unresolved else None
        if isinstance(node, Scalar) and isinstance(text, str) and text:  # empty: left out
            check(key, node, text, problems)


def _check_credentials(table: Table, problems: Problems) -> None:
    """`user` with `apikey`, or `auth`, or nothing, and then the environment has them."""
    auth = table.entries.get("auth")
    for key, other in (("user", "apikey"), ("apikey", "user")):
        entry = table.entries.get(key)
        if entry and auth:
            message = f"'{key}' stands beside 'auth', which is the whole header"
            problems.note(entry.key_place, message, "leave one of them out")
        elif entry and other not in table.entries:
            problems.note(entry.key_place, f"'{key}' needs '{other}'")
    value = auth.value if auth else None
    if isinstance(value, Scalar) and isinstance(value.value, str) and not _is_header(value.value):
        problems.note(value.place, "'auth' holds more than printable ASCII characters")


def _is_header(text: str) -> bool:
    return text.isascii() and text.isprintable()


def check_namespace(key: str, node: Scalar, text: str, problems: Problems) -> None:
    """Note a namespace that is none."""
    if not is_namespace(text):
        refuse(problems, key, node, "letters, digits, - and _, at most 64")


def is_namespace(text: str) -> bool:
    """Whether a text can be one."""
    return _NAMESPACE.fullmatch(text) is not None


def _check_host(key: str, node: Scalar, text: str, problems: Problems) -> None:
    encrypted, plain, example = _HOSTS[key]
    found = _HOST.fullmatch(text)
    is_host = found and found[1] in (encrypted, plain) and 0 < int(found[3] or 1) < 65536
    if not found or not is_host:
        refuse(problems, key, node, f"a host without a path, such as {example}")
    elif found[1] == plain and not is_loopback(found[2]):
        message = f"'{key}' is {shown(node)}: the credentials travel unencrypted"
        problems.warn(node.place, message, f"write {encrypted}://")


def is_loopback(host: str) -> bool:
    """Whether a host, of IPv6 in brackets, is this machine and can be reached from it alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
