"""What a schedule has of its own, and when it is due next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rdos.kernel.errors import InvalidInput
from scheduling import cron
from scheduling.choices import Timing
from scheduling.errors import InvalidExpression, InvalidZone, NeverDue
from scheduling.models import Calendar, Schedule, Trigger
from scheduling.services import timetables

FIELDS = (
    *("timing", "cron", "zone", "every_seconds", "anchor", "starts_at", "ends_at", "jitter_seconds", "misfire"),
    *("catch_up_seconds", "overlap"),
)
# A change of any other of them leaves the next due time where it is.
OF_ITS_TIMES = ("timing", "cron", "zone", "every_seconds", "anchor", "starts_at", "ends_at", "jitter_seconds")


def make(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> Schedule:
    schedule = drafted(part, at)
    schedule.trigger = trigger
    left_out = calendars_named(part.get("calendars", ()), hold=True)
    _aim(schedule, left_out, at)
    schedule.save(force_insert=True)
    schedule.calendars.set(left_out)
    return schedule


def drafted(part: Mapping[str, Any], at: datetime) -> Schedule:
    """Sound, but nobody's yet."""
    schedule = Schedule(**{name: part[name] for name in FIELDS if name in part})
    if schedule.timing == Timing.INTERVAL and schedule.anchor is None:
        schedule.anchor = at
    insist_sound(schedule)
    return schedule


def change(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> None:
    # Calendars before schedules, as whoever changes a calendar does: then nobody waits in a circle, and whatever a
    # calendar becomes while it is being named, the schedule is aimed by that.
    named_now = calendars_named(part["calendars"], hold=True) if "calendars" in part else None
    schedule = Schedule.objects.select_for_update().get(pk=trigger.pk)
    schedule.trigger = trigger
    before = {name: getattr(schedule, name) for name in OF_ITS_TIMES}
    for name in FIELDS:
        if name in part:
            setattr(schedule, name, part[name])
    insist_sound(schedule)
    left_out = list(schedule.calendars.all()) if named_now is None else named_now
    if named_now is not None:
        schedule.calendars.set(left_out)
    if named_now is not None or before != {name: getattr(schedule, name) for name in OF_ITS_TIMES}:
        _aim(schedule, left_out, at)
    schedule.save()


def look_ahead(trigger: Trigger, at: datetime) -> None:
    """Switched on or off: its next due time is the next from now on, or none."""
    schedule = Schedule.objects.select_for_update().get(pk=trigger.pk)
    schedule.trigger = trigger
    if trigger.is_enabled and schedule.next_run_at is not None:
        return
    _aim(schedule, list(schedule.calendars.all()), at, may_be_over=True)
    schedule.save(update_fields=("next_due_at", "next_run_at", "settled_until"))


def _aim(schedule: Schedule, left_out: Sequence[Calendar], at: datetime, *, may_be_over: bool = False) -> None:
    due = timetables.next_of(schedule, left_out)(at)
    if due is None and not may_be_over:
        raise NeverDue
    schedule.next_due_at = due if schedule.trigger.is_enabled else None
    schedule.next_run_at = timetables.run_at(schedule, schedule.next_due_at)
    schedule.settled_until = at


def calendars_named(ids: Sequence[UUID], *, hold: bool = False) -> list[Calendar]:
    """Held, none of them is changed or removed before the schedule that names them is written."""
    rows = Calendar.objects.select_for_update(no_key=True) if hold else Calendar.objects.all()
    found = list(rows.filter(pk__in=list(ids)).order_by("pk")) if ids else []
    if len(found) != len(set(ids)):
        raise InvalidInput(errors={"calendars": ["There is no such calendar."]})
    return found


def insist_sound(schedule: Schedule) -> None:
    if schedule.timing == Timing.CRON:
        named("cron", cron.parse, schedule.cron)
    if schedule.timing == Timing.INTERVAL and not schedule.every_seconds:
        raise InvalidInput(errors={"every_seconds": ["An interval has at least one second."]})
    if schedule.timing == Timing.ONCE and schedule.anchor is None:
        raise InvalidInput(errors={"anchor": ["Say at which moment."]})
    named("zone", cron.zone, schedule.zone)
    if schedule.starts_at and schedule.ends_at and schedule.ends_at < schedule.starts_at:
        raise InvalidInput(errors={"ends_at": ["It would end before it begins."]})


def named(field: str, read: Any, text: str) -> Any:
    """Its own words, beside the field that they are about."""
    try:
        return read(text)
    except (InvalidExpression, InvalidZone) as error:
        error.errors = {field: [error.detail]}
        raise


def facts(trigger: Trigger) -> dict[str, Any]:
    schedule = Schedule.objects.filter(pk=trigger.pk).first()
    if schedule is None:
        return {}
    told = {name: getattr(schedule, name) for name in FIELDS}
    names = list(schedule.calendars.order_by("name").values_list("name", flat=True))
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()} | {
        "calendars": names
    }
