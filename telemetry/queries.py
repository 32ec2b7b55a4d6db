"""Questions about events, samples and log lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from telemetry.choices import ALARMS, LogLevel
from telemetry.models import Event, LastValue, LogLine, Sample, Series

# A word that hardly occurs would make the database read everything: a search looks this far back.
SEARCHED = 100_000
COUNTED = 10_000

EXACT = ("node_id", "severity", "category", "flow_id")


def matching(events: QuerySet[Event], filters: Mapping[str, Any]) -> QuerySet[Event]:
    """Filters: node_id, severity, category, flow_id, since, until, search."""
    found = events.filter(**{name: filters[name] for name in EXACT if filters.get(name)})
    if since := filters.get("since"):
        found = found.filter(created_at__gte=since)
    if until := filters.get("until"):
        found = found.filter(created_at__lte=until)
    return _with_words(found, filters["search"]) if filters.get("search") else found


def _with_words(events: QuerySet[Event], words: str) -> QuerySet[Event]:
    furthest = events.order_by("-created_at", "-id").values_list("created_at", flat=True)[SEARCHED : SEARCHED + 1]
    for at in furthest:
        events = events.filter(created_at__gt=at)
    said = Q(message__icontains=words) | Q(category__icontains=words) | Q(severity__icontains=words)
    events = events.annotate(node_text=Cast("node_id", TextField()))
    # SQLite stores an id without its dashes.
    id_words = words if connection.features.has_native_uuid_field else words.replace("-", "") or words
    return events.filter(said | Q(node__name__icontains=words) | Q(node_text__icontains=id_words))


def alarms(events: QuerySet[Event]) -> QuerySet[Event]:
    """Those that wait for somebody to acknowledge them."""
    return events.filter(acknowledged=False, severity__in=ALARMS)


def alarm_count(events: QuerySet[Event]) -> int:
    """Exact up to ten thousand; beyond that the number says nothing more to anybody."""
    return alarms(events).order_by().values("pk")[:COUNTED].count()


def last_values(node_id: UUID) -> dict[str, dict[str, Any]]:
    found = LastValue.objects.filter(series__node_id=node_id).order_by("series__name")
    return {name: {"value": value, "at": at} for name, value, at in found.values_list("series__name", "value", "at")}


def samples(
    node_id: UUID, names: Sequence[str], *, since: datetime, until: datetime, limit: int, most: int
) -> dict[str, list[dict[str, Any]]]:
    """The newest of each series, oldest first; without names, of the first series."""
    series = Series.objects.filter(node_id=node_id)
    wanted = series.filter(name__in=names) if names else series
    return {
        name: _newest(pk, since, until, limit) for pk, name in wanted.order_by("name").values_list("pk", "name")[:most]
    }


def _newest(series_id: int, since: datetime, until: datetime, limit: int) -> list[dict[str, Any]]:
    inside = Sample.objects.filter(series_id=series_id, at__gte=since, at__lte=until)
    newest = inside.order_by("-at").values_list("at", "value")[:limit]
    return [{"at": at, "value": value} for at, value in reversed(newest)]


def log_lines(node_id: UUID, *, level: str, search: str) -> QuerySet[LogLine]:
    """This level and worse."""
    lines = LogLine.objects.filter(node_id=node_id)
    if search:
        for pk in lines.order_by("-id").values_list("pk", flat=True)[SEARCHED : SEARCHED + 1]:
            lines = lines.filter(pk__gt=pk)
        lines = lines.filter(Q(message__icontains=search) | Q(source__icontains=search))
    return lines.filter(level__in=LogLevel(level).and_worse()) if level else lines
