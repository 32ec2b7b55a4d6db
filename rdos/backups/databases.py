"""The database that this hub stands on."""

from django.db import connection

from rdos.backups.postgres import PostgresDatabase
from rdos.backups.sqlite import SqliteDatabase
from rdos.backups.tables import Database


def own() -> Database:
    return SqliteDatabase() if connection.vendor == "sqlite" else PostgresDatabase()
