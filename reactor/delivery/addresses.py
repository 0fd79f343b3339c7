"""Addresses that no request of ours may go to, whatever a name resolves to.

Link-local addresses and the metadata services of clouds: they hand out credentials to whoever
can make a machine ask them.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_REFUSED = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local; metadata of AWS, Azure, Google and most others
        "100.100.100.200/32",  # metadata of Alibaba
        "192.0.0.192/32",  # metadata of Oracle
        "fe80::/10",  # link-local
        "fd00:ec2::254/128",  # metadata of AWS
    )
)
_NAT64 = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48"))


@lru_cache(maxsize=4096)  # asked before every request
def is_refused(address: str) -> bool:
    """Whether `address`, as the connection has it, is one of those; a text that is no IP address
    is refused too."""
    try:
        found = ip_address(address)
    except ValueError:
        return True
    return any(form in network for form in _forms(found) for network in _REFUSED)


def _forms(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and the IPv4 address that it leads to by mapping or translation."""
    if isinstance(address, IPv4Address):
        return [address]
    forms = [address, address.ipv4_mapped, address.sixtofour]
    if any(address in network for network in _NAT64):
        forms.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return [form for form in forms if form is not None]
