"""Counts wrong passwords per address and account, and shuts that pair out for a while."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import LoginLock
from rdos.kernel.addresses import neighbourhood
from rdos.kernel.errors import RateLimited

FAILURES = 5
WINDOW = timedelta(seconds=300)
LOCKED_FOR = timedelta(seconds=900)


def check(*, address: str, account: str, at: datetime) -> None:
    lock = LoginLock.objects.filter(address=neighbourhood(address), account=_name(account)).first()
    if lock and lock.locked_until and lock.locked_until > at:
        wait = int((lock.locked_until - at).total_seconds()) + 1
        raise RateLimited("Too many failed sign-ins. Try again later.", retry_after=wait)


@transaction.atomic
def count_failure(*, address: str, account: str, at: datetime) -> bool:
    """True when this failure closed the lock."""
    found, _ = LoginLock.objects.select_for_update().get_or_create(
        address=neighbourhood(address), account=_name(account), defaults={"window_began_at": at}
    )
    if found.window_began_at + WINDOW < at:
        found.failures, found.window_began_at = 0, at
    found.failures += 1
    closes = found.failures >= FAILURES
    if closes:
        found.failures, found.locked_until, found.window_began_at = 0, at + LOCKED_FOR, at
    found.save()
    return closes


def clear(*, address: str, account: str) -> None:
    LoginLock.objects.filter(address=neighbourhood(address), account=_name(account)).delete()


def prune(at: datetime) -> int:
    """Forgets what can no longer matter."""
    old = LoginLock.objects.filter(window_began_at__lt=at - WINDOW - LOCKED_FOR)
    return old.exclude(locked_until__gt=at).delete()[0]


def _name(account: str) -> str:
    return account.strip().lower()[:254]
