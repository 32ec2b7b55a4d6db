"""Whether the clock ticks, as seen from outside of it."""

from datetime import datetime, timedelta

from django.db import transaction

from rdos.kernel.journal import SYSTEM, Row, record
from scheduling.models import ClockSign
from scheduling.models.clock_sign import THE_ONE
from scheduling.services.jumps import BACK, aim_again

# So long without a tick, and the clock is late.
LATE = timedelta(seconds=10)
# It ticks more often, and writes that down no more often than this.
OFTEN = timedelta(seconds=1)
# Whoever begins to watch gives a hub that has just been started this long.
GRACE = timedelta(seconds=30)
CLOCK = Row("clock", "", "The clock")


def give_sign(at: datetime) -> None:
    """With every tick."""
    sign = _sign(at)
    if sign.seen_at - at > BACK:
        _tell_put_back(at)
    elif sign.late_since is not None:
        _tell_back(at)
    elif at - sign.seen_at >= OFTEN:
        ClockSign.objects.filter(pk=THE_ONE, seen_at__lt=at).update(seen_at=at)


def watch(at: datetime, since: datetime) -> bool:
    """Whether it is late. Of all who watch, since whenever, one tells of it."""
    sign = _sign(at)
    if at - sign.seen_at <= LATE:
        return False
    if sign.late_since is None and at - since > GRACE:
        _tell_late(at)
    return sign.late_since is not None or at - since > GRACE


def last_seen() -> datetime | None:
    return ClockSign.objects.values_list("seen_at", flat=True).filter(pk=THE_ONE).first()


def _sign(at: datetime) -> ClockSign:
    """The first to look begins the counting."""
    return ClockSign.objects.get_or_create(pk=THE_ONE, defaults={"seen_at": at})[0]


@transaction.atomic
def _tell_late(at: datetime) -> None:
    sign = ClockSign.objects.select_for_update().get(pk=THE_ONE)
    silent = ClockSign.objects.filter(pk=THE_ONE, late_since=None, seen_at__lt=at - LATE)
    if silent.update(late_since=sign.seen_at):
        facts = {"severity": "major", "late_seconds": _seconds(at - sign.seen_at), "last_tick_at": sign.seen_at}
        record(who=SYSTEM, action="clock.late", about=CLOCK, details=facts)


@transaction.atomic
def _tell_back(at: datetime) -> None:
    sign = ClockSign.objects.select_for_update().get(pk=THE_ONE)
    late = ClockSign.objects.filter(pk=THE_ONE, late_since__isnull=False)
    if late.update(late_since=None, seen_at=at) and sign.late_since:
        facts = {"severity": "info", "late_seconds": _seconds(at - sign.late_since)}
        record(who=SYSTEM, action="clock.back", about=CLOCK, details=facts)


@transaction.atomic
def _tell_put_back(at: datetime) -> None:
    """Of all who tick, one finds it in the future and brings everything back."""
    sign = ClockSign.objects.select_for_update().get(pk=THE_ONE)
    if ClockSign.objects.filter(pk=THE_ONE, seen_at__gt=at + BACK).update(seen_at=at, late_since=None):
        facts = {"severity": "major", "back_seconds": _seconds(sign.seen_at - at), "schedules": aim_again(at)}
        record(who=SYSTEM, action="clock.put_back", about=CLOCK, details=facts)


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 1)
