"""The host of a URL, read in one way by whoever checks a URL and whoever sends to it.

Stricter than URLs are: what two readers could understand differently is no URL to us.
"""

import re
from ipaddress import IPv4Address, IPv6Address

_URL = re.compile(
    r"https?://(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5})?)?(?=[/?#]|$)",
    re.IGNORECASE | re.ASCII,
)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*", re.ASCII)
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?", re.ASCII)
_LOCAL = (".internal", ".local", ".lan", ".home.arpa")
_LONGEST_NAME = 253


def host_of(url: str) -> str | None:
    """The host of an http or https URL: a name in small letters without a dot at its end, or an
    address without brackets. None when it is no URL that we send to: another scheme, a user before
    the host, escapes or letters beyond ASCII in it, an address in another notation than four
    decimal numbers or that of RFC 4291."""
    found = _URL.match(url)
    if found is None or not 0 < int(found[3] or 80) < 65536:
        return None
    if found[1] is not None:
        return _literal(found[1], IPv6Address)
    name = found[2].lower()
    # What ends in a number is an IPv4 address to whoever follows the URL standard of the WHATWG,
    # and then 0177.1 is 127.0.0.1.
    if _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]):
        return _literal(name, IPv4Address)
    is_name = len(name) <= _LONGEST_NAME and _NAME.fullmatch(name)
    return name.removesuffix(".") if is_name else None


def _literal(text: str, kind: type[IPv4Address] | type[IPv6Address]) -> str | None:
    try:
        kind(text)
    except ValueError:
        return None
    return text


def is_local_name(host: str) -> bool:
    """Whether a name says by itself that it belongs to this machine or this network: `localhost`,
    a name without dots, and `.internal`, `.local`, `.lan`, `.home.arpa` (RFC 6762, RFC 8375)."""
    return "." not in host or host.endswith(_LOCAL)


def without_user(url: str) -> str:
    """The URL of a proxy without the user and the password that may stand before its host."""
    scheme, separator, rest = url.partition("://")
    end = next((at for at, letter in enumerate(rest) if letter in "/?#"), len(rest))
    return f"{scheme}{separator}{rest[:end].rpartition('@')[2]}{rest[end:]}"
