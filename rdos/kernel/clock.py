"""Time is the database's: processes may disagree, rows may not."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def database_now() -> datetime:
    # SQLite lives in this process, so its clock is ours.
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]
