"""What the benchmark of the clock stands on: any number of schedules, of which some are due at a moment."""

import time
from datetime import datetime, timedelta

from tests.benchmarks import queue_world

FLOWS = 100
FAR = timedelta(days=200)
FILL = """
    WITH made AS (
        INSERT INTO scheduling_trigger (
            id, flow_id, kind, name, is_enabled, has_owner, config, metadata, paused_reason, environment, fired_count,
            failure_count, created_at, updated_at
        )
        SELECT gen_random_uuid(), (%(flows)s::uuid[])[1 + n %% array_length(%(flows)s::uuid[], 1)], 'schedule',
            'Schedule ' || n, true, false, '{}', '{}', '', '', 0, 0, now(), now()
        FROM generate_series(1, %(many)s) AS n
        RETURNING id
    )
    INSERT INTO scheduling_schedule (
        trigger_id, timing, cron, zone, jitter_seconds, misfire, catch_up_seconds, overlap, next_due_at, next_run_at
    )
    SELECT id, 'cron', '0 9 1 * *', 'Europe/Berlin', 0, 'run_once', 3600, 'allow', due, due
    FROM (SELECT id, %(at)s::timestamptz + row_number() OVER () * interval '1 second' AS due FROM made) AS spread
"""

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from flows.models import Execution  # noqa: E402
from scheduling.models import Schedule  # noqa: E402
from tests.flows.story import flow_that_runs  # noqa: E402


def fill(many: int) -> None:
    """Exactly so many, none of them due for a long time."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_trigger, flows_execution CASCADE")
    queue_world.Flow.objects.all().delete()
    flows = [flow_that_runs(f"Flow {number}") for number in range(FLOWS)]
    with connection.cursor() as cursor:
        # Spread over time, as schedules are.
        cursor.execute(FILL, {"flows": [flow.pk for flow in flows], "many": many, "at": timezone.now() + FAR})
        cursor.execute("ANALYZE scheduling_schedule, scheduling_trigger")


def make_due(count: int, lead: timedelta) -> datetime:
    moment = (timezone.now() + lead).replace(microsecond=0)
    chosen = Schedule.objects.order_by("pk").values("pk")[:count]
    Schedule.objects.filter(pk__in=chosen).update(next_due_at=moment, next_run_at=moment)
    return moment


def watch(count: int, moment: datetime, patience: float) -> list[float]:
    """How late each run was on disk, as somebody sees it who looks every few milliseconds."""
    late: list[float] = []
    ends = time.monotonic() + patience
    while len(late) < count:
        assert time.monotonic() < ends, f"Only {len(late)} of {count} went off."
        seen = Execution.objects.filter(trigger_type="schedule").count()
        late.extend([(timezone.now() - moment).total_seconds()] * (seen - len(late)))
        time.sleep(0.01)
    return late
