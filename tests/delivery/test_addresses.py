"""Addresses that no request may go to."""

import pytest

from reactor.delivery.addresses import is_refused


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "100.100.100.200",
        "192.0.0.192",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",  # mapped
        "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
        "64:ff9b:1::a9fe:a9fe",  # NAT64 with the prefix for local use
        "2002:a9fe:a9fe::1",  # 6to4
        "::ffff:100.100.100.200",
        "not an address",
        "",
    ],
)
def test_metadata_and_link_local_addresses_are_refused(address):
    assert is_refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "93.184.216.34",
        "100.100.100.201",
        "::1",
        "fd00::1",
        "2606:4700::1111",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
    ],
)
def test_other_addresses_are_not(address):
    assert not is_refused(address)
