"""The next 24 hours, or a day that is chosen: what will go off, in a lane of each flow, by the clocks of one zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import require
from accounts.authentication import actor_in_console
from rdos.kernel.clock import database_now
from scheduling import cron
from scheduling.admin.moments import wall, zone_of
from scheduling.admin.places import flow_place, list_of, page_of
from scheduling.admin.schedules import words_of
from scheduling.errors import InvalidZone
from scheduling.particulars import EARLIEST, LATEST
from scheduling.services import days
from scheduling.services.days import Day, Lane

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# Of the drawing: a minute is one wide.
WIDTH, HEIGHT, MARK = 1440, 26, 5
SHOWN_TIMES, SHOWN_SCHEDULES = 12, 30


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "console/schedules/day.html", _facts(request) | {"zones": sorted(cron.zone_names())})


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return render(request, "console/schedules/day_live.html", _facts(request))


def _facts(request: HttpRequest) -> dict[str, Any]:
    actor, at = actor_in_console(request), database_now()
    require(actor, "triggers.read")
    asked, error = request.GET.get("zone", "UTC").strip() or "UTC", ""
    try:
        zone = cron.zone(asked)
    except InvalidZone as refusal:
        zone, error = zone_of("UTC"), refusal.detail
    chosen = _chosen(request.GET.get("day", ""))
    since = _begin(chosen, zone, at)
    found = days.of(actor=actor, since=since, until=since + DAY)
    return {
        "zone": zone.key,
        "error": error,
        "chosen": f"{chosen:%Y-%m-%d}" if chosen else "",
        "query": request.GET.urlencode(),
        "from": wall(since, zone),
        "until": wall(since + DAY, zone),
        "hours": [f"{(since + hours * HOUR).astimezone(zone):%H:%M}" for hours in range(0, 24, 3)],
        "grid": [hours * 180 for hours in range(1, 8)],
        "now": (at - since) / MINUTE if since <= at < since + DAY and chosen else 0,
        "lanes": [_lane(lane, found, zone) for lane in found.lanes],
        "is_partial": found.is_partial,
        "schedules": list_of("schedule"),
    }


def _chosen(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if EARLIEST.date() < found < LATEST.date() else None


def _begin(chosen: date | None, zone: ZoneInfo, at: datetime) -> datetime:
    """Midnight there; or the hour that has begun, so that what is due next stands at the left."""
    if chosen:
        return cron.landing(zone, datetime.combine(chosen, datetime.min.time()))[0].astimezone(UTC)
    return at.astimezone(zone).replace(minute=0, second=0, microsecond=0).astimezone(UTC)


def _lane(lane: Lane, day: Day, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "key": str(lane.flow_id),
        "name": lane.name,
        "place": flow_place(lane.flow_id),
        "list": list_of("schedule", flow=str(lane.flow_id)),
        "total": lane.total,
        "is_more": lane.is_more,
        "is_dense": lane.is_dense,
        "bars": _bars(lane) if lane.is_dense else [],
        "marks": _marks(lane, day, zone),
        "count": len(lane.schedules),
        "schedules": [_schedule(row, lane, zone) for row in lane.schedules[:SHOWN_SCHEDULES]],
        "beyond": max(0, len(lane.schedules) - SHOWN_SCHEDULES),
    }


def _marks(lane: Lane, day: Day, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [
        {
            "x": min(round((due - day.since) / MINUTE), WIDTH - MARK),
            "place": page_of("schedule", row.pk),
            "said": f"{wall(due, zone)}: {row.trigger.name}",
        }
        for due, row in lane.marks
    ]


def _bars(lane: Lane) -> list[dict[str, int]]:
    """How much goes off in each part, against the fullest."""
    most = max(lane.counts.values())
    width = int(days.PART / MINUTE)
    found = []
    for part, count in sorted(lane.counts.items()):
        height = max(2, round(HEIGHT * count / most))
        found.append({"x": part * width, "width": width - 1, "y": HEIGHT - height, "height": height})
    return found


def _schedule(row: Any, lane: Lane, zone: ZoneInfo) -> dict[str, Any]:
    times = [due for due, other in lane.marks if other.pk == row.pk]
    return {
        "name": row.trigger.name,
        "place": page_of("schedule", row.pk),
        "words": words_of(row),
        "times": [f"{due.astimezone(zone):%H:%M}" for due in times[:SHOWN_TIMES]],
        "more": max(0, len(times) - SHOWN_TIMES),
    }
