"""How often a door may be tried, and who is locked out by whom."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from statistics import median
from typing import Any

import pytest
from django.conf import settings as hub
from django.contrib.auth.hashers import get_hasher
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from accounts.models import LoginLock
from accounts.services import locks, logins
from rdos.kernel.errors import NotAuthenticated, RateLimited
from tests.people import PASSWORD, Person, sign_in

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)
HERE, ELSEWHERE = "198.51.100.7", "198.51.100.8"


def try_at(at: datetime, name: str, password: str = "wrong", address: str = HERE) -> bool:
    """True when the door opened. The short limit per address is another story, and is set back."""
    with Redis.from_url(hub.REDIS_URL) as redis:
        redis.flushdb()
    try:
        logins.sign_in(name=name, password=password, origin=logins.Origin(address), at=at)
    except NotAuthenticated:
        return False
    return True


def locked(at: datetime, name: str, address: str = HERE) -> int:
    """Seconds to wait, 0 when the pair is not locked."""
    try:
        locks.check(address=address, account=name, at=at)
    except RateLimited as refusal:
        return refusal.retry_after or -1
    return 0


def fail_five_times(at: datetime = NOON, name: str = "vera") -> None:
    for second in range(5):
        assert not try_at(at + timedelta(seconds=second), name)


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_the_sixth_try_within_a_minute_waits_whatever_the_five_were(viewer: Person, password: str) -> None:
    tries = [sign_in("vera", password) for _ in range(5)]
    response = sign_in("vera")
    body = response.json()
    assert [one["X-RateLimit-Remaining"] for one in (*tries, response)] == ["4", "3", "2", "1", "0", "0"]
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60
    assert body["retry_after"] == int(response["Retry-After"])
    assert body["code"] == "rate_limited"
    assert body["detail"] == body["error"] == "Rate limit exceeded"
    assert (body["success"], body["csrf_token"], body["user"]) == (False, None, None)


def test_casare_hears_the_body_its_clients_know(viewer: Person) -> None:
    for _ in range(5):
        sign_in("vera")
    response = sign_in("vera", prefix="/casare")
    assert response.json() == {
        "error": "Rate limit exceeded",
        "retry_after": int(response["Retry-After"]),
        "detail": "Rate limit exceeded",
    }


def test_bilbycast_hears_its_four_keys(viewer: Person) -> None:
    for _ in range(5):
        sign_in("vera")
    body = sign_in("vera", prefix="/bilbycast").json()
    assert body == {"success": False, "csrf_token": None, "user": None, "error": "Rate limit exceeded"}


def test_another_address_has_tries_of_its_own(viewer: Person) -> None:
    for _ in range(6):
        sign_in("vera", REMOTE_ADDR=HERE)
    assert sign_in("vera", REMOTE_ADDR=HERE).status_code == 429
    assert sign_in("vera", REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_five_wrong_passwords_lock_the_account_for_that_address(viewer: Person) -> None:
    fail_five_times()
    with pytest.raises(RateLimited) as refused:
        try_at(NOON + timedelta(seconds=10), "vera", PASSWORD)
    assert 890 <= (refused.value.retry_after or 0) <= 900


def test_the_lock_opens_after_a_quarter_of_an_hour(viewer: Person) -> None:
    fail_five_times()
    assert locked(NOON + timedelta(seconds=4 + 899), "vera")
    assert try_at(NOON + timedelta(seconds=4 + 900), "vera", PASSWORD)


def test_nobody_else_is_locked_out_by_it(viewer: Person, operator: Person) -> None:
    fail_five_times()
    assert try_at(NOON + timedelta(seconds=10), "oskar", PASSWORD)
    assert try_at(NOON + timedelta(seconds=10), "vera", PASSWORD, ELSEWHERE)


def test_both_names_of_an_account_share_one_count(viewer: Person) -> None:
    for name in ("vera", "VERA", "vera@example.org", "Vera@example.org", "vera"):
        try_at(NOON, name)
    assert locked(NOON, "vera")
    with pytest.raises(RateLimited):
        try_at(NOON, "vera@example.org", PASSWORD)


def test_a_success_starts_the_count_anew(viewer: Person) -> None:
    for _ in range(4):
        try_at(NOON, "vera")
    assert try_at(NOON, "vera@example.org", PASSWORD)
    for _ in range(4):
        try_at(NOON, "vera")
    assert not locked(NOON, "vera")


def test_failures_spread_over_more_than_five_minutes_do_not_lock(viewer: Person) -> None:
    for second in (0, 100, 200, 290, 301, 400, 500):
        try_at(NOON + timedelta(seconds=second), "vera")
    assert not locked(NOON + timedelta(seconds=500), "vera")


def test_a_name_that_nobody_has_is_locked_all_the_same(viewer: Person) -> None:
    fail_five_times(name="ghost")
    with pytest.raises(RateLimited):
        try_at(NOON + timedelta(seconds=5), "Ghost ")


def test_the_lock_is_seen_at_the_door(viewer: Person) -> None:
    LoginLock.objects.create(
        address=HERE, account="vera", window_began_at=timezone.now(), locked_until=timezone.now() + timedelta(minutes=9)
    )
    response = sign_in("vera", REMOTE_ADDR=HERE)
    assert response.status_code == 429
    assert 530 <= int(response["Retry-After"]) <= 541
    assert sign_in("vera", REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_old_counts_are_forgotten_and_locks_are_not(viewer: Person) -> None:
    fail_five_times()
    assert locks.prune(NOON + timedelta(seconds=800)) == 0
    assert locks.prune(NOON + timedelta(seconds=2000)) == 1


def timed(ask: Callable[[], Any]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


def test_an_unknown_name_costs_as_much_time_as_a_known_one(viewer: Person) -> None:
    """The cost of one Argon2id verification is far above the noise of everything else."""
    known, unknown = [], []
    for number in range(7):
        known.append(timed(partial(try_at, NOON, "vera", address=f"192.0.2.{number}")))
        unknown.append(timed(partial(try_at, NOON, "ghost", address=f"192.0.2.{number}")))
    assert 0.5 < median(known) / median(unknown) < 2


def test_passwords_are_argon2id_as_strong_as_the_contract_says(viewer: Person) -> None:
    facts = get_hasher().decode(viewer.user.password)
    assert (facts["variety"], facts["memory_cost"], facts["time_cost"], facts["parallelism"]) == (
        "argon2id",
        19456,
        2,
        1,
    )


def test_a_forwarded_address_is_believed_from_trusted_proxies_only(viewer: Person, settings: Settings) -> None:
    def try_through(proxy: str, forwarded: str) -> int:
        headers = {"x-forwarded-for": forwarded}
        return int(sign_in("vera", "wrong", REMOTE_ADDR=proxy, headers=headers).status_code)

    for number in range(5):
        assert try_through("203.0.113.9", f"192.0.2.{number}") == 401
    assert try_through("203.0.113.9", "192.0.2.99") == 429, "a stranger's header must not buy new tries"

    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    for number in range(6):
        assert try_through("10.0.0.1", f"192.0.2.{number}, 10.0.0.2") == 401
    with Redis.from_url(hub.REDIS_URL) as redis:
        redis.flushdb()
    LoginLock.objects.all().delete()
    for number in range(5):
        assert try_through("10.0.0.1", f"192.0.2.{number}, 198.51.100.1") == 401
    assert try_through("10.0.0.1", "192.0.2.250, 198.51.100.1") == 429, "only the nearest stranger counts"
