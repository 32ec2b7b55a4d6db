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
from devices.services import (
    bus_meeting,
    bus_presence,
    bus_states,
    bus_users,
    commands,
    gateways,
    healing,
    replies,
    tunnels,
)
from flows.services import awaiting, deployment_answers, hub_claims, leases, robots, rollout_steps, switching
from rdos.backups import keeping
from rdos.kernel import journal
from rdos.kernel.clock import database_now
from rdos.kernel.lines import reading
from scheduling.services import clock, heeding, lateness, waiting
from telemetry.services import hub_events, partitions

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


@shared_task(name="rdos.ticks.sweep_gateways")
def sweep_gateways() -> None:
    gateways.sweep(database_now())


@shared_task(name="rdos.ticks.sweep_bus")
def sweep_bus() -> None:
    while bus_presence.sweep(database_now()) == bus_presence.MOST_SWEPT:
        pass


@shared_task(name="rdos.ticks.forget_strangers")
def forget_strangers() -> None:
    while bus_meeting.forget(database_now()) == bus_meeting.MOST_FORGOTTEN:
        pass


@shared_task(name="rdos.ticks.forget_states")
def forget_states() -> None:
    while bus_states.forget(database_now()) == bus_states.MOST_FORGOTTEN:
        pass


@shared_task(name="rdos.ticks.look_at_twins")
def look_at_twins() -> None:
    healing.look(database_now())


@shared_task(name="rdos.ticks.retry_tunnels")
def retry_tunnels() -> None:
    tunnels.retry(timezone.now())


@shared_task(name="rdos.ticks.tell_events")
def tell_events() -> None:
    while hub_events.tell() == hub_events.READ_AT_ONCE:
        pass


@shared_task(name="rdos.ticks.make_days")
def make_days() -> None:
    partitions.make_ahead(timezone.now())


@shared_task(name="rdos.ticks.expire_commands")
def expire_commands() -> None:
    while replies.expire(database_now()) == commands.MOST_EXPIRED:
        pass


@shared_task(name="rdos.ticks.fire_schedules")
def fire_schedules() -> None:
    """What became due while a long catching up went on is found by the next tick."""
    at = database_now()
    lateness.give_sign(at)
    while clock.fire_due(at) == clock.MOST_AT_ONCE:
        # Busy is not silent.
        lateness.give_sign(database_now())


@shared_task(name="rdos.ticks.heed_events")
def heed_events() -> None:
    heeding.heed(database_now())


@shared_task(name="rdos.ticks.release_waiting")
def release_waiting() -> None:
    waiting.release(database_now())


@shared_task(name="rdos.ticks.sweep_runs")
def sweep_runs() -> None:
    while leases.sweep(database_now()) >= leases.MOST_SWEPT:
        pass


@shared_task(name="rdos.ticks.sweep_robots")
def sweep_robots() -> None:
    robots.sweep(database_now())


@shared_task(name="rdos.ticks.offer_runs")
def offer_runs() -> None:
    hub_claims.offer(database_now())


@shared_task(name="rdos.ticks.settle_flows")
def settle_flows() -> None:
    switching.settle_all(database_now())


@shared_task(name="rdos.ticks.look_at_rollouts")
def look_at_rollouts() -> None:
    rollout_steps.look(database_now())


@shared_task(name="rdos.ticks.look_at_deployments")
def look_at_deployments() -> None:
    deployment_answers.give_up(database_now())
    deployment_answers.tell_again(database_now())
    awaiting.look(database_now())


@shared_task(name="rdos.ticks.look_at_the_bus")
def look_at_the_bus() -> None:
    bus_users.look()


@shared_task(name="rdos.ticks.look_at_backups")
def look_at_backups() -> None:
    keeping.sweep(database_now())


@shared_task(name="rdos.ticks.prune_log_lines")
def prune_log_lines() -> None:
    reading.prune(timezone.now())


@dataclass(frozen=True)
class Tick:
    name: str
    task: Callable[..., Any]
    every: timedelta


TICKS = (
    Tick("Fire schedules", fire_schedules, timedelta(milliseconds=250)),
    Tick("Start what waited for the run before", release_waiting, timedelta(seconds=1)),
    Tick("Seal the journal", seal_journal, timedelta(milliseconds=500)),
    Tick("Heed events", heed_events, timedelta(seconds=1)),
    Tick("Tell events", tell_events, timedelta(seconds=1)),
    Tick("Move runs on", sweep_runs, timedelta(seconds=1)),
    Tick("Offer runs to workers", offer_runs, timedelta(seconds=1)),
    Tick("Mark silent robots", sweep_robots, timedelta(seconds=2)),
    Tick("Expire commands", expire_commands, timedelta(seconds=5)),
    Tick("Mark lost nodes", sweep_gateways, timedelta(seconds=5)),
    Tick("Mark silent nodes of the bus", sweep_bus, timedelta(seconds=5)),
    Tick("Settle flows", settle_flows, timedelta(seconds=2)),
    Tick("Look at rollouts", look_at_rollouts, timedelta(seconds=5)),
    Tick("Look at deployments", look_at_deployments, timedelta(seconds=20)),
    Tick("Look at configurations", look_at_twins, timedelta(seconds=20)),
    Tick("Look at the users of the bus", look_at_the_bus, timedelta(seconds=30)),
    Tick("Retry tunnels", retry_tunnels, timedelta(seconds=30)),
    Tick("Look at backups", look_at_backups, timedelta(seconds=30)),
    Tick("Forget old log lines", prune_log_lines, timedelta(minutes=10)),
    Tick("Make days for samples", make_days, timedelta(hours=1)),
    Tick("Forget strangers on the bus", forget_strangers, timedelta(hours=1)),
    Tick("Forget old states of hardware", forget_states, timedelta(hours=1)),
    Tick("Forget ended logins", prune_logins, timedelta(minutes=10)),
)


@transaction.atomic
def sync() -> None:
    """Beat's table holds exactly these ticks, whatever an older version left there."""
    PeriodicTask.objects.exclude(name__in=[tick.name for tick in TICKS]).exclude(task="").delete()
    for tick in TICKS:
        PeriodicTask.objects.update_or_create(name=tick.name, defaults=_row(tick))
    PeriodicTasks.update_changed()


def _interval(every: timedelta) -> dict[str, Any]:
    """Microseconds of an hour are more than beat's column holds."""
    if every >= timedelta(minutes=1):
        return {"every": every // timedelta(seconds=1), "period": IntervalSchedule.SECONDS}
    return {"every": every // timedelta(microseconds=1), "period": IntervalSchedule.MICROSECONDS}


def _row(tick: Tick) -> dict[str, Any]:
    interval, _ = IntervalSchedule.objects.get_or_create(**_interval(tick.every))
    return {
        "task": tick.task.name,  # type: ignore[attr-defined] # a Celery task
        "interval": interval,
        "queue": "clock",
        # A tick that could not run in its turn is dropped: the next one does its work.
        "expire_seconds": max(1, int(tick.every.total_seconds())),
        "enabled": True,
        "one_off": False,
    }
