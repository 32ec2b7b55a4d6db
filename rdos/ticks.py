"""The fixed ticks of the hub: what they do, how often, and the rows that beat reads."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from accounts.services import locks, logins
from rdos.kernel import journal

SEAL_LIMIT = 5000


@shared_task(name="rdos.ticks.seal_journal")
def seal_journal() -> None:
    while journal.seal(limit=SEAL_LIMIT) == SEAL_LIMIT:
        pass


@shared_task(name="rdos.ticks.prune_logins")
def prune_logins() -> None:
    at = timezone.now()
    logins.prune(at)
    locks.prune(at)
    SessionStore.clear_expired()


@dataclass(frozen=True)
class Tick:
    name: str
    task: Callable[..., Any]
    every: timedelta


TICKS = (
    Tick("Seal the journal", seal_journal, timedelta(milliseconds=500)),
    Tick("Forget ended logins", prune_logins, timedelta(minutes=10)),
)


@transaction.atomic
def sync() -> None:
    """Beat's table holds exactly these ticks, whatever an older version left there."""
    PeriodicTask.objects.exclude(name__in=[tick.name for tick in TICKS]).exclude(task="").delete()
    for tick in TICKS:
        PeriodicTask.objects.update_or_create(name=tick.name, defaults=_row(tick))
    PeriodicTasks.update_changed()


def _row(tick: Tick) -> dict[str, Any]:
    microseconds = tick.every // timedelta(microseconds=1)
    interval, _ = IntervalSchedule.objects.get_or_create(every=microseconds, period=IntervalSchedule.MICROSECONDS)
    return {
        "task": tick.task.name,  # type: ignore[attr-defined] # a Celery task
        "interval": interval,
        "queue": "clock",
        # A tick that could not run in its turn is dropped: the next one does its work.
        "expire_seconds": max(1, int(tick.every.total_seconds())),
        "enabled": True,
        "one_off": False,
    }
