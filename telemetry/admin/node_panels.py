"""What telemetry shows on the page of a node: its figures and its events."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from accounts.access import allows
from rdos.kernel.actors import Actor
from rdos.kernel.console import badge
from rdos.kernel.figures import said, words
from rdos.kernel.panels import Panel
from telemetry import queries
from telemetry.access import events_for
from telemetry.admin.events import TONES
from telemetry.choices import Severity

MOST_EVENTS = 8


def figures(actor: Actor, at: datetime, node_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "samples.read"):
        return
    last = queries.last_values(node_id)
    values = [(words(name), said(name, one["value"]), one["at"]) for name, one in last.items()]
    yield Panel("figures", "Last values", "console/fleet/panel_figures.html", {"values": values})


def events(actor: Actor, at: datetime, node_id: UUID) -> Iterator[Panel]:
    if not allows(actor, "events.read"):
        return
    newest = events_for(actor).filter(node_id=node_id).order_by("-created_at", "-id")[:MOST_EVENTS]
    rows = [(event, badge(TONES[Severity(event.severity)], Severity(event.severity).label)) for event in newest]
    place = reverse("admin:telemetry_event_changelist") + f"?node={node_id}"
    yield Panel("events", "Events", "console/fleet/panel_events.html", {"events": rows}, place)
