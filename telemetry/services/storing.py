"""Writes last values and samples, many at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from telemetry.models import Sample
from telemetry.services.series import Key, ids_of

# Of a series that is gone there is no value; an older value never replaces a newer one.
REMEMBER = """
INSERT INTO telemetry_lastvalue (series_id, at, value)
SELECT given.series_id, given.at, given.value
FROM unnest(%s::int[], %s::timestamptz[], %s::float8[]) AS given (series_id, at, value)
JOIN telemetry_series ON telemetry_series.id = given.series_id
ORDER BY given.series_id
ON CONFLICT (series_id) DO UPDATE SET at = excluded.at, value = excluded.value
WHERE telemetry_lastvalue.at <= excluded.at
"""
REMEMBER_ONE = """
INSERT INTO telemetry_lastvalue (series_id, at, value) SELECT id, %s, %s FROM telemetry_series WHERE id = %s
ON CONFLICT (series_id) DO UPDATE SET at = excluded.at, value = excluded.value
WHERE telemetry_lastvalue.at <= excluded.at
"""
APPEND = "COPY telemetry_sample (series_id, at, value) FROM STDIN (FORMAT BINARY)"
TYPES = ("int4", "timestamptz", "float8")

Value = tuple[datetime, float]
Point = tuple[Key, datetime, float]
Row = tuple[int, datetime, float]


def remember(last: Mapping[Key, Value]) -> None:
    ids = ids_of(last)
    rows = [(ids[key], at, value) for key, (at, value) in last.items() if key in ids]
    if not rows:
        return
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(REMEMBER, [list(column) for column in zip(*rows, strict=True)])
    else:
        _remember_row_by_row(rows)


def append(points: Sequence[Point]) -> None:
    ids = ids_of(key for key, _, _ in points)
    rows = [(ids[key], at, value) for key, at, value in points if key in ids]
    if connection.vendor == "postgresql":
        _copy(rows)
    else:
        Sample.objects.bulk_create((_sample(row) for row in rows), ignore_conflicts=True)


def _copy(rows: Sequence[Row]) -> None:
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(APPEND) as copy:
        copy.set_types(TYPES)
        for row in rows:
            copy.write_row(row)


def _remember_row_by_row(rows: Sequence[Row]) -> None:
    stored = connection.ops.adapt_datetimefield_value
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.executemany(REMEMBER_ONE, [(stored(at), value, pk) for pk, at, value in rows])


def _sample(row: Row) -> Sample:
    series_id, at, value = row
    return Sample(series_id=series_id, at=at, value=value)
