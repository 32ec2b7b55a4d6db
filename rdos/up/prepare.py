"""Brings the database up to date, makes the first administrator and writes down who may use the bus.

In one process: importing Django twice is slow.
"""

import sys
import time

import django
import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from rdos.environment import Misconfigured
from rdos.kernel.errors import DomainError

PATIENCE = 60.0


def main() -> None:
    django.setup()
    wait_for_the_database()
    if count := pending():
        print(f"Bringing the database up to date: {count} steps", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
    call_command("ensure_admin")
    if settings.BUS_CONFIG_DIR is not None:
        # Its server starts after this.
        call_command("configure_bus", no_reload=True)


def wait_for_the_database() -> None:
    """It starts while this process imports its modules. Asked without the pool, whose own retries are slow and loud."""
    if connection.vendor != "postgresql":
        return
    parameters = connection.get_connection_params()
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(**parameters).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def pending() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


if __name__ == "__main__":
    try:
        main()
    except (ImproperlyConfigured, Misconfigured, CommandError, DomainError) as problem:
        # Told to a person, who can mend it; anything else is a fault of ours and keeps its traceback.
        print(problem, file=sys.stderr)
        sys.exit(1)
