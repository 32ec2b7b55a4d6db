"""The fixed ticks of the hub and the rows that beat reads."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import Login, LoginLock
from rdos import ticks
from rdos.celery import app
from rdos.kernel.models import JournalEntry, JournalSeal
from tests.people import Person, sign_in

pytestmark = pytest.mark.django_db


def test_beats_table_holds_exactly_the_declared_ticks() -> None:
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.create(name="of an older version", task="gone.away", interval=interval)
    ticks.sync()
    assert set(PeriodicTask.objects.values_list("name", "task")) == {
        (tick.name, tick.task.name) for tick in ticks.TICKS
    }


def test_writing_them_twice_changes_nothing() -> None:
    def rows() -> list[dict[str, object]]:
        columns = [field.name for field in PeriodicTask._meta.fields if field.name != "date_changed"]
        return list(PeriodicTask.objects.order_by("pk").values(*columns))

    ticks.sync()
    first = rows()
    ticks.sync()
    assert rows() == first
    assert IntervalSchedule.objects.count() == len({tick.every for tick in ticks.TICKS})


def test_a_tick_somebody_switched_off_or_slowed_down_runs_again() -> None:
    ticks.sync()
    slow = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.update(enabled=False, queue="default", expire_seconds=None, interval=slow)
    ticks.sync()
    for tick in ticks.TICKS:
        row = PeriodicTask.objects.get(name=tick.name)
        assert (row.enabled, row.queue) == (True, "clock")
        assert row.interval.schedule.run_every == tick.every
        assert row.expire_seconds == max(1, int(tick.every.total_seconds()))


def test_every_tick_is_a_task_on_the_clocks_queue() -> None:
    for tick in ticks.TICKS:
        assert tick.task.name in app.tasks
        assert app.amqp.router.route({}, tick.task.name)["queue"].name == "clock"


def test_the_journal_is_sealed_by_its_tick(viewer: Person) -> None:
    sign_in("vera")
    assert JournalEntry.objects.filter(position=None).exists()
    ticks.seal_journal()
    assert not JournalEntry.objects.filter(position=None).exists()
    assert JournalSeal.objects.exists()


def test_more_than_one_batch_is_sealed_in_one_turn() -> None:
    JournalEntry.objects.bulk_create(JournalEntry(action="test") for _ in range(ticks.SEAL_LIMIT + 1))
    ticks.seal_journal()
    assert not JournalEntry.objects.filter(position=None).exists()


def test_what_ended_long_ago_is_forgotten(viewer: Person) -> None:
    sign_in("vera", "wrong")
    sign_in("vera")
    ticks.prune_logins()
    assert (Login.objects.count(), LoginLock.objects.count(), Session.objects.count()) == (1, 0, 1)
    past = timezone.now() - timedelta(days=30)
    Login.objects.update(expires_at=past)
    Session.objects.update(expire_date=past)
    ticks.prune_logins()
    assert (Login.objects.count(), Session.objects.count()) == (0, 0)
