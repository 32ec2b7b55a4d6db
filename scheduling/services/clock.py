"""The clock: all schedules that are due go off, in batches that no second clock gets hold of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from flows.access import TO_RUN
from flows.models import Flow
from rdos.kernel.errors import DomainError
from scheduling.choices import Outcome, Source
from scheduling.models import Calendar, Schedule
from scheduling.services import firings, gates, overlaps, pausing, settled, timetables
from scheduling.services.firings import Shot
from scheduling.timetable import Plan, plan

MOST_AT_ONCE = 1000


@dataclass(slots=True)
class Turn:
    """One schedule whose time has come."""

    schedule: Schedule
    next_due: datetime | None = None
    shots: list[Shot] = field(default_factory=list)
    stop: str = ""


@transaction.atomic
def fire_due(at: datetime, most: int = MOST_AT_ONCE) -> int:
    """How many schedules had their turn: if it is as many as may be, there are perhaps more."""
    return _fire(_due(at)[:most], at)


@transaction.atomic
def fire_first(pk: UUID, at: datetime) -> bool:
    """Before somebody changes it: what has become due by its old words still goes off."""
    return _fire(_due(at).filter(pk=pk), at) > 0


def _fire(due: QuerySet[Schedule], at: datetime) -> int:
    turns = [Turn(schedule) for schedule in due]
    if not turns:
        return 0
    _join(turns)
    calendars, failing = _calendars(at), gates.failing(turn.schedule.trigger for turn in turns)
    for turn in turns:
        turn.stop = gates.lost_right(turn.schedule.trigger, at) or failing.get(turn.schedule.pk, "")
        if not turn.stop:
            _plan(turn, calendars.get(turn.schedule.pk, ()), at)
    _settle_overlaps([turn for turn in turns if turn.shots], at)
    written = firings.fire([shot for turn in turns for shot in turn.shots], at)
    settled.keep([(turn.schedule, turn.next_due) for turn in turns], written, at)
    pausing.pause([(turn.schedule.trigger, turn.stop) for turn in turns if turn.stop], at)
    return len(turns)


def _due(at: datetime) -> QuerySet[Schedule]:
    """Locked together with their triggers: whoever edits one, or sets it off by hand, comes before or after."""
    due = Schedule.objects.filter(next_run_at__lte=at).order_by("next_run_at").select_related("trigger")
    return due.select_for_update(of=("self", "trigger"), skip_locked=True)


def _join(turns: Sequence[Turn]) -> None:
    """Flows and owners, of which there are far fewer than schedules, each read once."""
    triggers = [turn.schedule.trigger for turn in turns]
    flows = Flow.objects.only(*TO_RUN).in_bulk({trigger.flow_id for trigger in triggers})
    owners = User.objects.in_bulk({trigger.owner_id for trigger in triggers if trigger.owner_id})
    for trigger in triggers:
        trigger.flow = flows[trigger.flow_id]
        trigger.owner = owners.get(trigger.owner_id) if trigger.owner_id else None


def _calendars(at: datetime) -> dict[UUID, list[Calendar]]:
    """Of all that is due: naming a thousand of them would cost more than reading what few have."""
    links = Schedule.calendars.through.objects.filter(schedule__next_run_at__lte=at).select_related("calendar")
    found: dict[UUID, list[Calendar]] = {}
    for link in links:
        found.setdefault(link.schedule_id, []).append(link.calendar)
    return found


def _plan(turn: Turn, left_out: Sequence[Calendar], at: datetime) -> None:
    """A schedule that cannot be computed any more stops by itself, and holds nobody up."""
    try:
        planned = _planned(turn.schedule, left_out, at)
    except DomainError as error:
        turn.stop = error.detail
        return
    turn.next_due, turn.shots = planned.next_due, _shots(turn.schedule, planned)
    if reason := gates.closed(turn.schedule.trigger):
        for shot in turn.shots:
            if shot.outcome == Outcome.STARTED:
                shot.leave_out(reason)


def _planned(schedule: Schedule, left_out: Sequence[Calendar], at: datetime) -> Plan:
    return plan(
        next_of=timetables.next_of(schedule, left_out),
        due=schedule.next_due_at or at,
        # Seen from its due times, its share of the jitter makes now a little earlier.
        at=at - timetables.share(schedule),
        misfire=schedule.misfire,
        catch_up=timedelta(seconds=schedule.catch_up_seconds),
    )


def _shots(schedule: Schedule, planned: Plan) -> list[Shot]:
    trigger = schedule.trigger
    shots = [Shot(trigger=trigger, source=source, due_at=due, given=trigger.input) for due, source in planned.fires]
    if missed := planned.missed:
        until = missed.until.isoformat()
        reason = f"Nobody looked until {missed.until:%Y-%m-%d %H:%M:%S} UTC; its policy does not make up for it."
        facts = {"from": missed.first.isoformat(), "until": until}
        shots.insert(
            0,
            Shot(
                trigger=trigger,
                source=Source.CLOCK,
                due_at=missed.first,
                outcome=Outcome.MISSED,
                reason=reason,
                details=facts,
            ),
        )
    return shots


def _settle_overlaps(turns: Iterable[Turn], at: datetime) -> None:
    watched = [turn for turn in turns if overlaps.is_watched(turn.schedule)]
    open_runs = overlaps.Open([turn.schedule.pk for turn in watched])
    for turn in watched:
        starting = [shot for shot in turn.shots if shot.outcome == Outcome.STARTED]
        open_runs.settle(turn.schedule.overlap, starting, at)
