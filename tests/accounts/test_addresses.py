"""Where a request really comes from."""

from ipaddress import ip_network

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from rdos.kernel.addresses import client_address, is_loopback


@pytest.fixture(autouse=True)
def proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", "192.0.2.1", "203.0.113.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "192.0.2.66, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.1", "192.0.2.1, 10.3.3.3", "192.0.2.1"),
        ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("10.0.0.1", "192.0.2.1, nonsense", "10.0.0.1"),
        ("::ffff:10.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("fd00::1", "[2001:db8::7]", "2001:db8::7"),
        ("fd00::1", "2001:DB8:0::7", "2001:db8::7"),
        ("10.0.0.1", "fe80::1%" + "z" * 500, "fe80::1"),
    ],
)
def test_the_nearest_address_that_is_not_ours_counts(peer: str, forwarded: str | None, expected: str) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("", False),
        ("localhost", False),
        ("unix:", False),
    ],
)
def test_loopback_is_told_by_address_and_never_by_name(text: str, expected: bool) -> None:
    assert is_loopback(text) is expected
