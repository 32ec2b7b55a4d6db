"""What the benchmark of the clock stands on: any number of schedules, of which some are due at a moment."""

import time
from datetime import datetime, timedelta

from tests.benchmarks import queue_world

FLOWS = 100
FAR = timedelta(days=200)

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from flows.models import Execution  # noqa: E402
from scheduling.models import Schedule, Trigger  # noqa: E402
from tests.flows.story import flow_that_runs  # noqa: E402


def fill(many: int) -> None:
    """Exactly so many, none of them due for a long time."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_trigger, flows_execution CASCADE")
    queue_world.Flow.objects.all().delete()
    flows = [flow_that_runs(f"Flow {number}") for number in range(FLOWS)]
    now = timezone.now()
    triggers = Trigger.objects.bulk_create(
        [Trigger(flow=flows[n % FLOWS], kind="schedule", name=f"Schedule {n}") for n in range(many)], batch_size=5000
    )
    # Spread over the year, as schedules are.
    rows = [
        Schedule(trigger=trigger, cron="0 9 1 * *", zone="Europe/Berlin", **_due(now + FAR + timedelta(seconds=n)))
        for n, trigger in enumerate(triggers)
    ]
    Schedule.objects.bulk_create(rows, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE scheduling_schedule")


def _due(at: datetime) -> dict[str, datetime]:
    return {"next_due_at": at, "next_run_at": at}


def make_due(count: int, lead: timedelta) -> datetime:
    moment = (timezone.now() + lead).replace(microsecond=0)
    chosen = Schedule.objects.order_by("pk").values("pk")[:count]
    Schedule.objects.filter(pk__in=chosen).update(**_due(moment))
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
