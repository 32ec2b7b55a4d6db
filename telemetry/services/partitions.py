"""The days of the table of samples: made ahead, and dropped when they are over. PostgreSQL only."""

import logging
from datetime import UTC, datetime, timedelta

from django.db import DatabaseError, connection, transaction

DAYS_AHEAD = 3
TABLE = "telemetry_sample"
DAY = timedelta(days=1)
# Making a day locks the table for a moment; rather try again in an hour than hold up the writers behind a long query.
PATIENCE = "SET LOCAL lock_timeout = '3s'"

CREATE = "CREATE TABLE {name} PARTITION OF telemetry_sample FOR VALUES FROM (%s) TO (%s)"
ALL = """
SELECT child.relname FROM pg_inherits
JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = 'telemetry_sample'::regclass ORDER BY child.relname
"""

logger = logging.getLogger("telemetry.partitions")


def make_ahead(at: datetime) -> list[str]:
    """The days that were missing and are there now."""
    if connection.vendor != "postgresql":
        return []
    there = set(names())
    wanted = [_midnight(at) + ahead * DAY for ahead in range(DAYS_AHEAD + 1)]
    return [name_of(day) for day in wanted if name_of(day) not in there and _made(day)]


def drop_before(at: datetime) -> list[str]:
    """Forgets every day that was over by then, at once, however much it held."""
    if connection.vendor != "postgresql":
        return []
    oldest_kept = name_of(_midnight(at))
    over = [name for name in names() if not name.endswith("_default") and name < oldest_kept]
    for name in over:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENCE)
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
    return over


def names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(ALL)
        return [name for (name,) in cursor.fetchall()]


def name_of(day: datetime) -> str:
    return f"{TABLE}_{day:%Y%m%d}"


def _made(day: datetime) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PATIENCE)
            cursor.execute(CREATE.format(name=connection.ops.quote_name(name_of(day))), [day, day + DAY])
    except DatabaseError as error:
        # After a long stop of the clock the default partition may hold samples of that day, and keeps it; or the
        # table is busy, and there are days to spare.
        facts = {"action": "partition_not_made", "partition": name_of(day)}
        logger.warning("A day of samples has no partition of its own", exc_info=error, extra=facts)
        return False
    return True


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
