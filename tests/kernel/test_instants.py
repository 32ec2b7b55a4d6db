from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from psycopg.pq import Format

from rdos.kernel.instants import QuickLoader

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite keeps moments as text"),
]
TIMESTAMPTZ = 1184


def read(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found: datetime = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-03-01 10:00:00+00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00:00.1+00", datetime(2026, 3, 1, 10, 0, 0, 100_000, tzinfo=UTC)),
        ("2026-03-01 10:00:00.000001+02", datetime(2026, 3, 1, 8, 0, 0, 1, tzinfo=UTC)),
        ("0001-01-01 00:00:00+00", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31 23:59:59.999999+00", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_moments_are_read_to_the_microsecond_in_utc(text: str, wanted: datetime) -> None:
    assert read(text) == wanted
    assert read(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["infinity", "12000-01-01 00:00:00+00", "0044-03-15 00:00:00+00 BC"])
def test_what_python_cannot_hold_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(DataError):
        read(text)


def test_every_connection_reads_them_so() -> None:
    connection.ensure_connection()
    assert connection.connection.adapters.get_loader(TIMESTAMPTZ, Format.TEXT) is QuickLoader
