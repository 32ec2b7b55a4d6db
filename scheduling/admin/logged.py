"""Firings as lines of other pages."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString

from flows.choices import ExecutionStatus
from rdos.kernel.actors import Actor
from rdos.kernel.console import badge
from rdos.kernel.secrecy import mask_text
from scheduling.admin.moments import relative
from scheduling.admin.places import do_place, execution_place, page_of
from scheduling.admin.results import statuses_of
from scheduling.admin.tones import RUNS, outcome_badge
from scheduling.choices import Outcome, TriggerKind
from scheduling.models import Firing

MOST = 20


def newest(actor: Actor, rows: QuerySet[Firing], at: datetime) -> list[dict[str, Any]]:
    found = list(rows.select_related("trigger").defer("input", "details").order_by("-fired_at", "-id")[:MOST])
    return list(_lines(actor, found, at))


def _lines(actor: Actor, found: Sequence[Firing], at: datetime) -> Iterator[dict[str, Any]]:
    statuses = statuses_of(actor, [one.execution_id for one in found if one.execution_id])
    for one in found:
        status = statuses.get(one.execution_id) if one.execution_id else None
        yield {
            "firing": one,
            "place": page_of("firing", one.pk),
            "run": execution_place(one.execution_id) if status else "",
            "badge": badge_of(one, status),
            "reason": mask_text(one.reason),
            "since": relative(one.fired_at, at),
            "again": do_place("firing", one.pk, "again") if is_repeatable(one, status) else "",
        }


def badge_of(firing: Firing, status: str | None) -> SafeString:
    """How the run went says more than that it was started."""
    if status is None:
        return outcome_badge(firing.outcome)
    return badge(RUNS[ExecutionStatus(status)], ExecutionStatus(status).label)


def came_of(firing: Firing, status: str | None) -> SafeString:
    shown, reason = badge_of(firing, status), mask_text(firing.reason)
    if status:
        place = execution_place(firing.execution_id)
        return format_html('<a class="s-run" href="{}" title="Open its run">{}</a>', place, shown)
    times = f"{firing.times} times: " if firing.times > 1 else ""
    return format_html('<span class="c-pair">{}<span class="c-more">{}{}</span></span>', shown, times, reason)


def is_repeatable(firing: Firing, status: str | None) -> bool:
    """Its input is the run's, as long as that is kept."""
    return firing.trigger.kind == TriggerKind.WEBHOOK and firing.outcome == Outcome.STARTED and status is not None
