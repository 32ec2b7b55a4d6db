import pytest

from rdos.kernel.outgoing.addresses import may_call, networks

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]
NOT_PUBLIC = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert may_call(address, [])


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_may_not_be_called(address: str) -> None:
    assert not may_call(address, [])


def test_a_network_can_be_permitted_and_only_that_one() -> None:
    allowed = networks(["10.1.0.0/16", "fd00::/8", "192.168.7.5"])
    assert may_call("10.1.2.3", allowed)
    assert may_call("fd12::1", allowed)
    assert may_call("192.168.7.5", allowed)
    assert not may_call("10.2.0.1", allowed)
    assert not may_call("::ffff:10.1.2.3", allowed)
