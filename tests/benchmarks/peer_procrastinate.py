"""A no-op of Procrastinate on the PostgreSQL of the benchmarks."""

import os

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

URL = os.environ.get("DATABASE_URL", "")
app = App(connector=SyncPsycopgConnector(conninfo=URL))
worker_app = App(connector=PsycopgConnector(conninfo=URL))


@app.task(name="peer.noop", queue="peer")
def noop() -> None:
    pass


@worker_app.task(name="peer.noop", queue="peer")
def noop_of_worker() -> None:
    pass


def prepare() -> None:
    """Its tables are made once."""
    with psycopg.connect(URL, autocommit=True) as line:
        found = line.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
        if found and not found[0]:
            with app.open():
                app.schema_manager.apply_schema()
        line.execute("TRUNCATE procrastinate_jobs CASCADE")


def left() -> int:
    with psycopg.connect(URL, autocommit=True) as line:
        row = line.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')").fetchone()
        return int(row[0]) if row else 0
