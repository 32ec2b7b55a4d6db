"""`manage.py beat`: the clock. It holds a handful of fixed ticks; people's own schedules are rows, not timers."""

from typing import Any

from celery.app.utils import find_app
from django.core.management.base import BaseCommand

from rdos.ticks import TICKS, sync

SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# Beat knows when the next tick is due and sleeps no longer than until then. This is for what it cannot know, such as
# rows that were changed: to look no less often than its fastest tick costs nothing more.
LONGEST_SLEEP = min(tick.every for tick in TICKS).total_seconds()


class Command(BaseCommand):
    help = "Run Celery beat with the hub's fixed ticks."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sync()
        app = find_app("rdos.celery:app")
        # Set here, because Celery's own command line takes whole seconds only.
        app.conf.beat_max_loop_interval = LONGEST_SLEEP
        app.Beat(scheduler=SCHEDULER, quiet=True).run()
