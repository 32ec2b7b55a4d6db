"""What the stories of telemetry say again and again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from devices.models import Node
from rdos import ticks
from rdos.kernel import intake, journal
from rdos.kernel.journal import Row, Who
from rdos.kernel.models import JournalEntry
from tests.people import Person

EVENTS = "/api/v1/events"


def node(key: str = "arm-7", **fields: Any) -> Node:
    return Node.objects.create(key=key, name=fields.pop("name", key), **fields)


def says(sender: Node, message: str = "It is warm here", **fields: Any) -> None:
    """As the gateway gives it."""
    given = {"severity": "warning", "category": "system", "at": timezone.now()} | fields
    with transaction.atomic():
        intake.NODE_EVENTS.give([intake.NodeEvent(node_id=sender.pk, message=message, **given)])


def events(person: Person, query: str = "") -> list[dict[str, Any]]:
    response = person.caller.get(f"{EVENTS}?{query}")
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()
    return found


def messages(person: Person, query: str = "") -> list[str]:
    return [event["message"] for event in events(person, query)]


def see_only(person: Person, *nodes: Node) -> Person:
    person.user.allowed_node_ids = [str(one.pk) for one in nodes]
    person.user.save(update_fields=["allowed_node_ids"])
    return person


def note(action: str, about: Node | UUID | str, at: datetime | None = None, **details: Any) -> None:
    """What the apps below write into the journal."""
    object_id = str(about.pk if isinstance(about, Node) else about)
    entry = journal.record(who=Who("node", object_id), action=action, about=Row("node", object_id), details=details)
    if at:
        JournalEntry.objects.filter(pk=entry.pk).update(at=at)


def tell() -> None:
    """Two ticks: one seals, one tells."""
    ticks.seal_journal()
    ticks.tell_events()
