"""Calendars are made, changed and removed; the schedules that heed one are aimed anew at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.access import require
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import changes, record, row_of
from scheduling import cron
from scheduling.access import calendar_for
from scheduling.errors import CalendarNameTaken, InvalidCalendar
from scheduling.models import Calendar, Schedule
from scheduling.services import calendars, schedules, settled, timetables

FIELDS = ("name", "description", "zone", "days", "windows")
MOST_CALENDARS = 1000
# What a change of them moves.
OF_ITS_TIMES = ("zone", "days", "windows")


def create(*, actor: Actor, fields: Mapping[str, Any]) -> Calendar:
    require(actor, "calendars.create")
    if Calendar.objects.count() >= MOST_CALENDARS:
        raise InvalidInput(f"There are at most {MOST_CALENDARS} calendars.")
    row = Calendar(**{name: fields[name] for name in FIELDS if name in fields})
    _insist_readable(row)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            record(who=actor.who, action="calendar.create", about=row_of(row), after=facts(row))
    except IntegrityError as error:
        raise CalendarNameTaken from error
    row.refresh_from_db(fields=["created_at"])
    return row


def update(*, actor: Actor, pk: UUID, fields: Mapping[str, Any], at: datetime) -> Calendar:
    try:
        with transaction.atomic():
            return _update(calendar_for(actor, pk, "calendars.update", hold=True), actor, fields, at)
    except IntegrityError as error:
        raise CalendarNameTaken from error


def _update(row: Calendar, actor: Actor, fields: Mapping[str, Any], at: datetime) -> Calendar:
    before = facts(row)
    for name in FIELDS:
        if name in fields:
            setattr(row, name, fields[name])
    _insist_readable(row)
    row.save()
    old, new = changes(before, facts(row))
    if set(OF_ITS_TIMES) & set(new):
        _aim_anew(_heeding(row), at)
    record(who=actor.who, action="calendar.update", about=row_of(row), before=old, after=new)
    return row


@transaction.atomic
def delete(*, actor: Actor, pk: UUID, at: datetime) -> None:
    row = calendar_for(actor, pk, "calendars.delete", hold=True)
    found = _heeding(row)
    record(who=actor.who, action="calendar.delete", about=row_of(row), before=facts(row))
    row.delete()
    _aim_anew(found, at)


def _heeding(row: Calendar) -> list[Schedule]:
    """Those that are switched on, locked. In one order, so that two who change calendars never wait in a circle."""
    found = Schedule.objects.filter(calendars=row, trigger__is_enabled=True).order_by("pk")
    return list(found.select_related("trigger").select_for_update(of=("self",)))


def _aim_anew(found: Sequence[Schedule], at: datetime) -> None:
    """What has come due already is the clock's to settle, and moves on by itself."""
    ahead = Schedule.objects.filter(Q(next_due_at=None) | Q(next_due_at__gt=at), pk__in=[one.pk for one in found])
    moves = [(one, timetables.next_of(one, list(one.calendars.all()))(at)) for one in _with_calendars(ahead)]
    if moves:
        settled.keep(moves, [], at)


def _with_calendars(rows: Any) -> Any:
    return rows.select_related("trigger").prefetch_related("calendars")


def _insist_readable(row: Calendar) -> None:
    schedules.named("zone", cron.zone, row.zone)
    for name in ("days", "windows"):
        part = Calendar(zone=row.zone, **{name: getattr(row, name)})
        try:
            calendars.rules_of(part)
        except InvalidCalendar as error:
            error.errors = {name: [error.detail]}
            raise


def facts(row: Calendar) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}
