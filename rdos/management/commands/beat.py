"""`manage.py beat`: the clock. It holds a handful of fixed ticks; people's own schedules are rows, not timers."""

from typing import Any

from celery.app.utils import find_app
from django.core.management.base import BaseCommand

from rdos.ticks import sync

SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
# The fastest tick comes every half second, so the clock must not sleep much longer than half of that.
LONGEST_SLEEP = 0.25


class Command(BaseCommand):
    help = "Run Celery beat with the hub's fixed ticks."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sync()
        app = find_app("rdos.celery:app")
        # Set here, because Celery's own command line takes whole seconds only.
        app.conf.beat_max_loop_interval = LONGEST_SLEEP
        app.Beat(scheduler=SCHEDULER, quiet=True).run()
