"""Where a request really comes from: forwarded headers are believed from trusted proxies only."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def parse(text: str) -> Address | None:
    # A zone names an interface of this machine and is no part of the address.
    bare = text.strip().strip("[]").partition("%")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def inside(text: str, networks: Iterable[Network]) -> bool:
    address = parse(text)
    return address is not None and any(address in network for network in networks)


def is_loopback(text: str) -> bool:
    address = parse(text)
    return address is not None and address.is_loopback


def client_address(request: HttpRequest) -> str:
    return _nearest(str(request.META.get("REMOTE_ADDR", "")), str(request.META.get("HTTP_X_FORWARDED_FOR", "")))


def address_of_scope(scope: Mapping[str, Any]) -> str:
    """The same for a socket."""
    told = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
    return _nearest(str((scope.get("client") or ("",))[0]), ",".join(told))


def _nearest(peer: str, forwarded: str) -> str:
    """The nearest address on the way here that is not one of our own proxies."""
    if not inside(peer, settings.TRUSTED_PROXIES):
        return peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    for hop in reversed(hops):
        address = parse(hop)
        if address is None:
            return peer
        if not inside(hop, settings.TRUSTED_PROXIES):
            return str(address)
    return str(parse(hops[0])) if hops else peer


def sent_by_another_site(request: HttpRequest) -> bool:
    """Browsers say which page sent a write. Programs say nothing, and are not what this is about."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or origin in settings.CORS_ALLOWED_ORIGINS:
        return False
    return str(origin).partition("://")[2] != request.get_host()


def neighbourhood(text: str) -> str:
    """What counts as one place when tries are counted: whoever has one IPv6 address has a whole /64 of them."""
    address = parse(text)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return text if address is None else str(address)


def came_through_a_proxy(request: HttpRequest) -> bool:
    return any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
