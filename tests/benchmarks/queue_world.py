"""What the benchmarks of the queue stand on: a flow that runs, robots with keys, and queues of any depth."""

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import django
import psutil

from tests import servers
from tests.benchmarks.hub import stand_on_servers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rdos.settings")
os.environ["RDOS_ROBOT_CALLS_PER_MINUTE"] = "1000000"
stand_on_servers()
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts import signatures  # noqa: E402
from accounts.choices import TokenKind  # noqa: E402
from accounts.models import ApiToken, User  # noqa: E402
from flows.models import Execution, Flow, Robot  # noqa: E402
from flows.services import queueing  # noqa: E402
from rdos.kernel.journal import SYSTEM  # noqa: E402
from tests.flows.story import flow_that_runs, robot_named  # noqa: E402

ROBOTS = 8
MOST_CONCURRENT = 100


@dataclass(frozen=True)
class World:
    flow: Flow
    # The key and the token of each.
    robots: dict[str, str]


def world(robots: int = ROBOTS) -> World:
    """Empty, whatever was measured before."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE flows_execution CASCADE")
    Flow.objects.all().delete()
    Robot.objects.all().delete()
    ApiToken.objects.all().delete()
    keys = [f"robot-{number}" for number in range(robots)]
    return World(flow_that_runs("benchmark"), {key: _robot(key) for key in keys})


def _robot(key: str) -> str:
    robot_named(key, max_concurrent=MOST_CONCURRENT)
    raw = signatures.new_robot_token()
    ApiToken.objects.create(
        kind=TokenKind.ROBOT, name=key, prefix=raw[:12], digest=signatures.digest(raw), robot_key=key,
        scopes=["robot"], owner=User.objects.get(username="admin"),
    )  # fmt: skip
    return raw


def enqueue(flow: Flow, count: int) -> None:
    queueing.enqueue_many(flow=flow, start=START, given=[{"n": 1}] * count, at=timezone.now())


def enqueue_aside(flow: Flow, count: int) -> None:
    """In a thread that is not asked again: it must not keep its connection."""
    try:
        enqueue(flow, count)
    finally:
        connection.close()


START = queueing.Start(who=SYSTEM)
OVER = """
    INSERT INTO flows_execution ({columns}) SELECT {values}
    FROM flows_execution e, generate_series(1, %s) AS n WHERE e.id = %s
"""


def fill_with_finished(flow: Flow, count: int) -> None:
    """Runs of the past, one a second, most of them well ended."""
    enqueue(flow, 1)
    (pattern,) = Execution.objects.filter(flow=flow, status="queued").values_list("pk", flat=True)[:1]
    began = timezone.now() - timedelta(seconds=count)
    changed: dict[str, str] = {
        "id": "gen_random_uuid()",
        "status": "CASE WHEN n %% 20 = 0 THEN 'failed' ELSE 'succeeded' END",
        "robot_key": "'robot-' || n %% 8",
        "created_at": "%s::timestamptz + n * interval '1 second'",
        "result": "'{\"executed_nodes\":1}'::jsonb",
    }
    for name in ("claimed_at", "started_at", "completed_at"):
        changed[name] = changed["created_at"]
    columns = [field.column for field in Execution._meta.concrete_fields]
    values = ", ".join(changed.get(column, f"e.{column}") for column in columns)
    with connection.cursor() as cursor:
        moments = [began] * values.count("::timestamptz")
        cursor.execute(OVER.format(columns=", ".join(columns), values=values), [*moments, count, pattern])
        cursor.execute("DELETE FROM flows_execution WHERE id = %s", [pattern])
        cursor.execute("VACUUM ANALYZE flows_execution")


def database_cpu() -> float:
    """Seconds of all processes of the database, those that have ended among them."""
    server = servers.postgres_process()
    own: Any = server.cpu_times()
    return sum(own[:4]) + sum(map(_seconds, server.children(recursive=True)))


def _seconds(process: psutil.Process) -> float:
    try:
        return sum(process.cpu_times()[:2])
    except psutil.NoSuchProcess:
        return 0.0
