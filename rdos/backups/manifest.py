"""What an archive says of itself: from the very snapshot that is dumped, and compared with what comes out again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from rdos.backups.errors import Damaged, Unfit
from rdos.backups.tables import Figure, Tables
from rdos.kernel.models import KeyCheck

FORMAT = 1
MIGRATIONS = "django_migrations"


@dataclass(frozen=True)
class Manifest:
    format: int
    name: str
    hub_version: str
    made_at: str
    vendor: str
    migrations: list[tuple[str, str]]
    # The known word as the database keeps it: which master key its secrets are under.
    key_check: str
    tables: dict[str, Figure]

    @property
    def rows(self) -> int:
        return sum(figure.rows for figure in self.tables.values())

    def written(self) -> bytes:
        return orjson.dumps(self)


def described(tables: Tables, *, name: str, vendor: str, at: datetime) -> Manifest:
    return Manifest(
        format=FORMAT,
        name=name,
        hub_version=settings.VERSION,
        made_at=at.isoformat(),
        vendor=vendor,
        migrations=sorted(tables.values(MIGRATIONS, ["app", "name"])),
        key_check=next((value for (value,) in tables.values(KeyCheck._meta.db_table, ["value"])), ""),
        tables={table: tables.figure(table) for table in tables.names()},
    )


def parsed(text: bytes) -> Manifest:
    try:
        facts: dict[str, Any] = orjson.loads(text)
        if facts["format"] != FORMAT:
            raise Unfit(f"The archive is of format {facts['format']}; this hub reads format {FORMAT}.")
        facts["migrations"] = [(app, name) for app, name in facts["migrations"]]
        facts["tables"] = {name: Figure(**figure) for name, figure in facts["tables"].items()}
        return Manifest(**facts)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise Damaged from error


def insist_known(manifest: Manifest) -> None:
    """What this hub has no migration for, it could not read."""
    if manifest.vendor != connection.vendor:
        raise Unfit(f"The archive holds a {manifest.vendor} database, and this hub stands on {connection.vendor}.")
    unknown = set(manifest.migrations) - set(MigrationLoader(None).disk_migrations or {})
    if unknown:
        app, name = min(unknown)
        raise Unfit(
            f"The archive was made by a newer hub ({manifest.hub_version}; this is {settings.VERSION}): its migration "
            f"{app}.{name} is not known here. Restore it with that version."
        )
