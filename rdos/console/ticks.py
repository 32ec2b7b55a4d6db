"""The clock's fixed ticks: what beat wakes, how often, and when it last did."""

from datetime import timedelta

from django.utils.safestring import SafeString
from django_celery_beat.models import PeriodicTask
from unfold.decorators import display

from rdos.kernel.console import ReadOnlyPage, badge


class TickPage(ReadOnlyPage):
    list_display = ("name", "every", "state", "last_run", "total_run_count")
    noun = "ticks"
    list_select_related = ("interval",)
    list_display_links = None
    search_fields = ("name", "task")
    ordering = ("name",)

    @display(description="Every")
    def every(self, tick: PeriodicTask) -> str:
        if tick.interval is None:
            return "–"
        return spoken(timedelta(**{tick.interval.period: tick.interval.every}))

    @display(description="State")
    def state(self, tick: PeriodicTask) -> SafeString:
        return badge("good", "Ticking") if tick.enabled else badge("idle", "Stopped")

    @display(description="Last run (UTC)", ordering="last_run_at")
    def last_run(self, tick: PeriodicTask) -> str:
        return f"{tick.last_run_at:%Y-%m-%d %H:%M:%S}" if tick.last_run_at else "–"


def spoken(period: timedelta) -> str:
    seconds = period.total_seconds()
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
