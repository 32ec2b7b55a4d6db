"""Days of samples: made ahead, and dropped when they are over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from rdos import ticks
from telemetry.models import Sample
from telemetry.services import partitions

DAY = timedelta(days=1)
# Far from today, whose partitions the migration made.
NOON = datetime(2031, 5, 30, 12, 0, tzinfo=UTC)
DAYS = [f"telemetry_sample_{day}" for day in ("20310530", "20310531", "20310601", "20310602")]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has no partitions"),
]


@pytest.fixture(autouse=True)
def only_our_days() -> Iterator[None]:
    before = set(partitions.names())
    yield
    with connection.cursor() as cursor:
        for name in set(partitions.names()) - before:
            cursor.execute(f"DROP TABLE {name}")


def places() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM telemetry_sample ORDER BY at")
        return [name for (name,) in cursor.fetchall()]


def sample(at: datetime) -> None:
    Sample.objects.bulk_create([Sample(series_id=1, at=at, value=1.0)])


def test_today_and_three_days_are_made_once() -> None:
    assert partitions.make_ahead(NOON) == DAYS
    assert partitions.make_ahead(NOON) == []
    assert partitions.make_ahead(NOON + DAY) == ["telemetry_sample_20310603"]


def test_a_sample_lies_in_its_day() -> None:
    partitions.make_ahead(NOON)
    for at in (NOON.replace(hour=0), NOON + DAY, NOON + 9 * DAY):
        sample(at)
    assert places() == [DAYS[0], DAYS[1], "telemetry_sample_default"]


def test_a_day_that_began_without_its_partition_stays_where_it_is() -> None:
    sample(NOON)
    assert partitions.make_ahead(NOON) == DAYS[1:]
    assert places() == ["telemetry_sample_default"]


def test_days_that_are_over_are_dropped() -> None:
    partitions.make_ahead(NOON)
    for ahead in range(4):
        sample(NOON + ahead * DAY)
    assert set(DAYS[:2]) <= set(partitions.drop_before(NOON + 2 * DAY))
    assert places() == DAYS[2:]


def test_the_clock_makes_them() -> None:
    ticks.make_days()
    assert partitions.make_ahead(datetime.now(UTC)) == []
