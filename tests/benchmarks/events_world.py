"""What the benchmark of event triggers stands on: any number of them, and a burst of sealed entries."""

from datetime import timedelta

from tests.benchmarks import queue_world

AGO = timedelta(hours=1)

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from devices.models import Node  # noqa: E402
from flows.models import Execution  # noqa: E402
from rdos import ticks  # noqa: E402
from rdos.kernel.clock import database_now  # noqa: E402
from rdos.kernel.models import JournalEntry  # noqa: E402
from scheduling.models import EventFilter, Trigger  # noqa: E402
from scheduling.services import heeding  # noqa: E402
from tests.flows.story import flow_that_runs  # noqa: E402


def fill(many: int, action: str, condition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE scheduling_trigger, flows_execution CASCADE")
    queue_world.Flow.objects.all().delete()
    flow = flow_that_runs("Heeding")
    before = timezone.now() - AGO
    made = Trigger.objects.bulk_create(
        Trigger(flow=flow, kind="event", name=f"Event {number}", enabled_at=before) for number in range(many)
    )
    EventFilter.objects.bulk_create(
        EventFilter(
            trigger=trigger,
            actions=[action.format(number=number)],
            condition=condition.format(number=number),
        )
        for number, trigger in enumerate(made)
    )
    ticks.seal_journal()
    while heeding.heed(database_now()):
        pass


def burst(count: int) -> None:
    node = Node.objects.get_or_create(key="bench", defaults={"name": "Bench"})[0]
    JournalEntry.objects.bulk_create(
        JournalEntry(
            action="node.tested", actor_kind="node", object_kind="node", object_id=str(node.pk), details={"n": number}
        )
        for number in range(count)
    )
    ticks.seal_journal()


def runs() -> int:
    return Execution.objects.filter(trigger_type="event").count()
