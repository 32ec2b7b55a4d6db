"""Events come in from nodes and from the hub itself, and are acknowledged by people."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction

from accounts.access import require
from devices.models import Node
from rdos.kernel.actors import Actor
from rdos.kernel.intake import NodeEvent
from rdos.kernel.journal import Row, record, row_of
from rdos.kernel.journal.storable import storable, text
from telemetry.access import event_for, events_for
from telemetry.choices import Severity
from telemetry.errors import NothingChosen
from telemetry.models import Event
from telemetry.models.event import LONGEST_CATEGORY, LONGEST_MESSAGE, UNKNOWN
from telemetry.queries import matching

LONGEST_FLOW_ID = 256
DETAILS_BYTES = 64 * 1024
TOO_LARGE = {"left_out": "The details were too large to be kept."}
# One statement stays short, and somebody who has more to acknowledge asks again.
ACKNOWLEDGED_AT_ONCE = 10_000


def take(sent: Sequence[NodeEvent]) -> None:
    """Stores what nodes sent, in the transaction that received it. A node that is gone has nothing to say."""
    known = dict(Node.objects.filter(pk__in={one.node_id for one in sent}).values_list("pk", "maintenance_until"))
    Event.objects.bulk_create(_row(one, known[one.node_id]) for one in sent if one.node_id in known)


def _row(sent: NodeEvent, maintenance_until: datetime | None) -> Event:
    # A node in maintenance raises no alarm: what it says is kept, and nobody has to acknowledge it.
    quiet = maintenance_until is not None and maintenance_until > sent.at
    return Event(
        node_id=sent.node_id,
        severity=Severity.heard(sent.severity),
        category=text(sent.category, LONGEST_CATEGORY) or UNKNOWN,
        message=text(sent.message, LONGEST_MESSAGE),
        details=bounded(sent.details),
        flow_id=text(sent.flow_id, LONGEST_FLOW_ID) or None,
        created_at=sent.at,
        last_at=sent.at,
        acknowledged=quiet,
        acknowledged_at=sent.at if quiet else None,
    )


def bounded(details: object) -> object:
    if details is None:
        return None
    kept = storable(details)
    return kept if len(orjson.dumps(kept)) <= DETAILS_BYTES else TOO_LARGE


@transaction.atomic
def acknowledge(*, actor: Actor, pk: int, at: datetime) -> Event:
    """Acknowledging twice is the same as once."""
    event = event_for(actor, pk, "events.acknowledge")
    if _acknowledged(Event.objects.filter(pk=pk), actor, at):
        record(who=actor.who, action="event.acknowledge", about=row_of(event))
    return event


@transaction.atomic
def acknowledge_many(
    *, actor: Actor, at: datetime, ids: Collection[int] | None = None, filters: Mapping[str, Any] | None = None
) -> int:
    """Those with these ids, or the newest that match; says how many were still open."""
    require(actor, "events.acknowledge")
    if ids is None and filters is None:
        raise NothingChosen
    chosen = events_for(actor).filter(acknowledged=False)
    if ids is not None:
        chosen = chosen.filter(pk__in=ids)
    newest = matching(chosen, filters or {}).order_by("-created_at", "-id").values("pk")[:ACKNOWLEDGED_AT_ONCE]
    count = _acknowledged(Event.objects.filter(pk__in=newest), actor, at)
    if count:
        facts = {"events": count, "ids": sorted(ids)[:100] if ids is not None else None, "filters": filters}
        record(who=actor.who, action="event.acknowledge_many", about=Row("event"), details=facts)
    return count


def _acknowledged(events: Any, actor: Actor, at: datetime) -> int:
    changed = events.filter(acknowledged=False).update(
        acknowledged=True, acknowledged_at=at, acknowledged_by_id=actor.user_id
    )
    return int(changed)
