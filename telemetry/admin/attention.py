"""The alarms that wait for somebody, in one line."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Attention, Level
from rdos.kernel.secrecy import mask_text
from telemetry import queries
from telemetry.access import events_for
from telemetry.choices import Severity
from telemetry.models import Event

# More than this many is said as "more than": nobody needs the exact number of a flood.
COUNTED = 1000


def alarms(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "events.read"):
        return
    waiting = queries.alarms(events_for(actor))
    newest = waiting.select_related("node").order_by("-created_at", "-id").first()
    if newest is None:
        return
    grave = waiting.filter(severity=Severity.CRITICAL).exists()
    level = Level.CRITICAL if grave else Level.WARNING
    yield Attention("open-alarms", level, _title(waiting[: COUNTED + 1].count()), _text(newest), _place())


def _title(count: int) -> str:
    if count > COUNTED:
        return f"More than {COUNTED} events wait for acknowledgement"
    return "1 event waits for acknowledgement" if count == 1 else f"{count} events wait for acknowledgement"


def _text(newest: Event) -> str:
    about = f"{newest.node.name}: " if newest.node else ""
    return f"The newest: {about}{mask_text(newest.message[:160])}"


def _place() -> str:
    return reverse("admin:telemetry_event_changelist") + "?state=waiting"
