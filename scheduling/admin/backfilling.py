"""A period that has passed is made up for."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from rdos.kernel.console import refuse
from rdos.kernel.errors import DomainError
from rdos.kernel.forms import PageForm
from scheduling.admin.fields import MomentField
from scheduling.admin.moments import zone_of
from scheduling.models import Schedule
from scheduling.particulars import EARLIEST, LATEST
from scheduling.services import by_hand

DAY = timedelta(days=1)


class BackfillForm(PageForm):
    since = MomentField(label="From", help_text="The first moment of the period.")
    until = MomentField(label="Until", help_text="Its last moment, which has passed.")

    def __init__(self, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone_of(zone)

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        for name in ("since", "until"):
            if data.get(name):
                data[name] = data[name].replace(tzinfo=self.zone)
                if not EARLIEST <= data[name] <= LATEST:
                    self.add_error(name, "A moment between 1970 and 2200.")
        return data


def page(page: Any, request: HttpRequest, schedule: Schedule) -> HttpResponse:
    if not page.has_update_permission(request):
        raise PermissionDenied
    now = database_now().astimezone(zone_of(schedule.zone)).replace(tzinfo=None, microsecond=0)
    initial = {"since": now - DAY, "until": now}
    form = BackfillForm(schedule.zone, request.POST if request.method == "POST" else None, initial=initial)
    back = page.place("change", schedule.pk)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _made_up_for(request, schedule, form))
            return HttpResponseRedirect(back)
        except DomainError as error:
            refuse(form, error)
    facts = {"title": f"Make up for a period: {schedule}", "original": schedule, "form": form, "back": back}
    return page.page(request, "console/schedules/backfill.html", **facts)  # type: ignore[no-any-return] # the theme's


def _made_up_for(request: HttpRequest, schedule: Schedule, form: BackfillForm) -> str:
    given = form.cleaned_data
    actor, at = actor_in_console(request), database_now()
    written = by_hand.backfill(actor=actor, pk=schedule.pk, since=given["since"], until=given["until"], at=at)
    if not written:
        return "Nothing of that period was left to make up for."
    return f"{len(written)} {'run' if len(written) == 1 else 'runs'} of that period started."
