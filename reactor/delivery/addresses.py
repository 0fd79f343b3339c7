"""Where a request may go, whatever its host's name resolves to.

Asked with the address of the socket: before a connection is made, and before each request on one
that is kept. Python's `is_global` will not do: it calls the metadata address behind NAT64 and 6to4
global, and that of Oracle's cloud.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from reactor.model.host import is_local_name
from reactor.model.request import Network, Route

Address = IPv4Address | IPv6Address

_NEVER = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this machine, in disguise
        "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google and most others
        "100.100.100.200/32",  # metadata of Alibaba
        "168.63.129.16/32",  # Azure's agent of the machine
        "192.0.0.192/32",  # metadata of Oracle
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/128",
        "fe80::/10",  # link-local
        "ff00::/8",  # multicast
        "fd00:ec2::/32",  # metadata of AWS, and its credentials of pods
        "fd20:ce::254/128",  # metadata of Google
        "fd00:c1::a9fe:a9fe/128",  # metadata of Oracle
        "fd00:42::42/128",  # metadata of Scaleway
    )
)
"""They hand out credentials to whoever can make a machine ask them, or are not of one machine."""

_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation, as are the next two
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "2001::/23",  # protocols, benchmarks; what tunnels to IPv4 is judged by that
        "2001:db8::/32",  # documentation, as is the next
        "3fff::/20",
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")  # all that is handed out; the rest is private, or leads to IPv4
_NOBODY = IPv4Network("0.0.0.0/8")

_LAST = (12, 13, 14, 15)
_PLACES = (
    (IPv6Network("::ffff:0:0:0/96"), (_LAST,)),  # translated (RFC 7915)
    (IPv6Network("::/96"), (_LAST,)),  # compatible
    (IPv6Network("64:ff9b::/96"), (_LAST,)),  # NAT64
    # NAT64 with a prefix of the network's own, of 48, 56, 64 or 96 bits (RFC 6052 §2.2, RFC 8215).
    (IPv6Network("64:ff9b:1::/48"), ((6, 7, 9, 10), (7, 9, 10, 11), (9, 10, 11, 12), _LAST)),
)
"""Which bytes of an IPv6 address, if it is not a mapped one, are the IPv4 address behind it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """`forms` are the address and those it leads to; `private` are the private ones of them."""

    is_never: bool
    forms: tuple[Address, ...]
    private: tuple[Address, ...]


def refusal(address: str, host: str, route: Route) -> str | None:
    """Why a request to `host`, as the rule file has it, may not go to `address`, as the socket has
    it: in words for people. None when it may."""
    kind = _kind(address)
    if kind is None or kind.is_never:
        return f"address {address} is refused: metadata, link-local and the like always are"
    if route.deny and any(_is_in(form, route.deny) for form in kind.forms):
        return f"address {address} is refused: it is in 'deny'"
    if not kind.private or _may_be_private(host):
        return None
    missing = [form for form in kind.private if not _is_in(form, route.allow)]
    if not missing:
        return None
    network = ip_network(missing[0])
    return f"address {address} is private: allow it with allow: [{network}] on the destination"


def literal_refusal(host: str, route: Route) -> str | None:
    """The same of a host that is an address itself; None for a name. For a request by way of a
    proxy, where the socket does not tell whom the request is for."""
    return refusal(host, host, route) if _is_address(host) else None


@lru_cache(maxsize=4096)  # asked before every request
def _kind(address: str) -> _Kind | None:
    """None for a text that is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    behind = _behind(found)
    forms = (found, *behind)
    return _Kind(
        is_never=any(_is_in(form, _NEVER) for form in forms),
        forms=forms,
        private=tuple(form for form in behind or forms if _is_private(form)),
    )


@lru_cache(maxsize=4096)
def _may_be_private(host: str) -> bool:
    """Whether it was written as private: an address, or a name that cannot mean anything else."""
    return _is_address(host) or is_local_name(host)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_private(address: Address) -> bool:
    is_elsewhere = isinstance(address, IPv6Address) and address not in _PUBLIC_6
    return is_elsewhere or _is_in(address, _PRIVATE)


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _behind(address: Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to by mapping, translation or a tunnel."""
    if isinstance(address, IPv4Address):
        return []
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    tunnels = (address.sixtofour, *(address.teredo or ()))
    picked = [
        IPv4Address(bytes(address.packed[place] for place in places))
        for network, readings in _PLACES
        if address in network
        for places in readings
    ]
    # ::1 is not 0.0.0.1, and of the four readings of a NAT64 address the others give such.
    return [each for each in (*tunnels, *picked) if each is not None and each not in _NOBODY]
