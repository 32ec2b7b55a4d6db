"""What starts flows, to look at: schedules, webhooks, event triggers, calendars, and what came of them."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from flows.models import Execution, Flow
from rdos.kernel.clock import database_now
from scheduling.models import Calendar, Firing, Trigger
from scheduling.services import calendar_changes, pausing, triggers
from tests.console.flows import flow_of
from tests.people import Person
from tests.scheduling.hooking import Hook, signed

SCHEDULES = "/console/scheduling/schedule/"
WEBHOOKS = "/console/scheduling/webhook/"
EVENTS = "/console/scheduling/eventfilter/"
FIRINGS = "/console/scheduling/firing/"
CALENDARS = "/console/scheduling/calendar/"
LISTS = {"schedule": SCHEDULES, "webhook": WEBHOOKS, "event": EVENTS}


def trigger_of(who: Person, kind: str, flow: Flow | None = None, name: str = "", **said: Any) -> Trigger:
    common = {key: said.pop(key) for key in ("input", "priority", "is_enabled", "pause_after_failures") if key in said}
    return triggers.create(
        actor=who.actor,
        flow_id=(flow or flow_of(who)).pk,
        kind=kind,
        name=name or f"A {kind}",
        at=database_now(),
        part=said,
        **common,
    )


def schedule_of(who: Person, flow: Flow | None = None, name: str = "Nightly books", **said: Any) -> Trigger:
    return trigger_of(who, "schedule", flow, name, **({"cron": "30 2 * * *", "zone": "Europe/Berlin"} | said))


def calendar_of(who: Person, name: str = "Holidays", **said: Any) -> Calendar:
    fields = {"name": name, "zone": "Europe/Berlin", "days": ["12-25"], "windows": []} | said
    return calendar_changes.create(actor=who.actor, fields=fields)


def page_of(trigger: Trigger, name: str = "change") -> str:
    return f"{LISTS[trigger.kind]}{trigger.pk}/{name}/"


def do(trigger: Trigger, verb: str) -> str:
    return page_of(trigger, f"do/{verb}")


def paused(trigger: Trigger, reason: str = "3 runs in a row failed.") -> Trigger:
    """As the hub does it."""
    with transaction.atomic():
        pausing.pause([(trigger, reason)], database_now())
    return trigger


def went_off(trigger: Trigger, minutes_ago: int, status: str = "succeeded", **firing: Any) -> Firing:
    """As the clock does it; how its run went is said here. A run that has no status was never begun."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    run, flow = None, Flow.objects.get(pk=trigger.flow_id)
    if status:
        run = Execution.objects.create(
            flow=flow, version=flow.current, flow_name=flow.name, status=status, priority=1, environment="default",
            ready_at=at, created_at=at, timeout_seconds=60, max_retries=0, trigger_id=trigger.pk,
        )  # fmt: skip
    kept = {"source": "clock", "outcome": "started", "due_at": at, "fired_at": at} | firing
    return Firing.objects.create(trigger=trigger, execution_id=run.pk if run else None, **kept)


def everything(who: Person) -> dict[str, str]:
    """A row of every kind, as it looks in the middle of a day."""
    books, letters = flow_of(who, "Books of the day"), flow_of(who, "Letters to customers")
    windows = [
        {"weekdays": [1, 2, 3, 4, 5], "from": "22:00", "to": "02:00"},
        {"from": "2026-12-31T17:00:00+01:00", "to": "2027-01-01T06:00:00+01:00"},
    ]
    calendar = calendar_of(who, description="Nobody is there", days=["12-24", "2026-12-28/2027-01-06"], windows=windows)
    rules = {"calendars": [calendar.pk], "jitter_seconds": 90, "overlap": "queue", "misfire": "run_all"}
    nightly = schedule_of(who, books, cron="0 6,12,18 * * *", input={"books": "all"}, pause_after_failures=3, **rules)
    for place, status in enumerate(("succeeded",) * 5 + ("failed", "succeeded", "cancelled", "timed_out", "queued")):
        went_off(nightly, 600 - 60 * place, status)
    went_off(nightly, 5, "", outcome="skipped", reason="The run before is not over yet.")
    schedule_of(who, letters, "Every quarter of an hour", cron="*/15 * * * *", zone="UTC")
    schedule_of(who, letters, "Heartbeat of the printer", timing="interval", cron="", every_seconds=20)
    schedule_of(who, books, "At noon, as others do", cron="0 12 * * *", zone="Europe/Berlin")
    paused(schedule_of(who, letters, "Reminders", cron="0 9 * * MON-FRI", zone="America/New_York"))
    hook = Hook(trigger_of(who, "webhook", books, "Orders of the shop", allowed_addresses=["203.0.113.0/24"]))
    for body in ('{"order": 17}', '{"order": 18}'):
        hook.call(body, "application/json", x_delivery_id=f"shop-{body[10:12]}")
    closed = Hook(trigger_of(who, "webhook", letters, "Signed orders", secret="Copper", content_type="text/csv"))
    closed.call("{}", "application/json", **signed("Tin", "{}"))
    hook.trigger.webhook.allowed_addresses = ["192.0.2.0/24"]
    hook.trigger.webhook.save()
    hook.call("{}", "application/json")
    heeds = {
        "actions": ["node.disconnect", "execution.failed"],
        "severities": ["critical"],
        "labels": {"site": "graz"},
    }
    event = trigger_of(who, "event", letters, "When a node goes", debounce_seconds=300, per_minute=4, **heeds)
    firing = Firing.objects.filter(trigger=hook.trigger, outcome="started").first()
    rows = {"schedule": nightly, "webhook": hook.trigger, "signed": closed.trigger, "event_trigger": event}
    rows |= {"calendar": calendar, "firing": firing, "started": books}
    return {name: str(row.pk) for name, row in rows.items() if row}
