"""Which addresses the hub may call."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# A table of our own beside `is_global`, whose answers differ between Python releases.
NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, where clouds keep their credentials
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# What carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo) lies outside this block or in the table below.
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)


def networks(texts: Iterable[str]) -> list[Network]:
    return [ip_network(text, strict=False) for text in texts]


def may_call(text: str, allowed: Iterable[Network]) -> bool:
    # A zone ("fe80::1%eth0") names an interface of this machine, never a public place.
    bare, _, zone = text.partition("%")
    address = ip_address(bare)
    return any(address in network for network in allowed) or (not zone and is_public(address))


def is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in NOT_PUBLIC_4)
    return address in PUBLIC_6 and address.is_global and not any(address in network for network in NOT_PUBLIC_6)
