"""What starts a flow, on its page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Panel
from scheduling.access import triggers_for
from scheduling.admin.event_filters import heeded
from scheduling.admin.moments import relative, soon, zone_of
from scheduling.admin.places import KINDS, add_place, list_of, trigger_place
from scheduling.admin.results import line, of_each
from scheduling.admin.schedules import words_of
from scheduling.admin.tones import schedule_badge, trigger_badge
from scheduling.choices import TriggerKind
from scheduling.models import Trigger

MOST = 30
ADDED = {TriggerKind.SCHEDULE: "A schedule", TriggerKind.WEBHOOK: "A webhook", TriggerKind.EVENT: "An event trigger"}


def of_flow(actor: Actor, at: datetime, flow_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "triggers.read"):
        return
    rows = triggers_for(actor).filter(flow_id=flow_id).select_related("schedule", "webhook", "event_filter")
    found = list(rows.order_by("name", "id")[: MOST + 1])
    results = of_each(actor, [trigger.pk for trigger in found[:MOST]])
    facts = {
        "rows": [_row(trigger, at) | {"results": line(results.get(trigger.pk, []))} for trigger in found[:MOST]],
        "beyond": len(found) > MOST,
        "firings": list_of("firing", flow=str(flow_id)),
        "add": list(_ways(flow_id)) if allows(actor, "triggers.create") else [],
        "lists": [(word, list_of(noun, flow=str(flow_id))) for word, noun in LISTS],
    }
    yield Panel("triggers", "What starts it", "console/scheduling/panel.html", facts)


LISTS = (("Its schedules", "schedule"), ("Its webhooks", "webhook"), ("Its event triggers", "eventfilter"))


def _ways(flow_id: UUID) -> Iterator[tuple[str, str]]:
    for kind, word in ADDED.items():
        yield word, add_place(KINDS[kind], flow=str(flow_id))


def _row(trigger: Trigger, at: datetime) -> dict[str, Any]:
    scheduled = trigger.kind == TriggerKind.SCHEDULE
    badge = schedule_badge(trigger.schedule, at) if scheduled else trigger_badge(trigger)
    return {"trigger": trigger, "place": trigger_place(trigger), "badge": badge, "said": _said(trigger, at)}


def _said(trigger: Trigger, at: datetime) -> str:
    if trigger.kind == TriggerKind.EVENT:
        return heeded(trigger.event_filter)
    if trigger.kind != TriggerKind.SCHEDULE:
        return "Called from outside" if trigger.kind == TriggerKind.WEBHOOK else "By hand"
    schedule, words = trigger.schedule, words_of(trigger.schedule)
    due = schedule.next_run_at
    return f"{words} · next {soon(due, zone_of(schedule.zone), at)}, {relative(due, at)}" if due else words
