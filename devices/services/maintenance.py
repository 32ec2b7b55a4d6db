"""Maintenance: while it lasts a node's trouble is nobody's alarm, and bulk operations pass it by."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from devices import particulars
from devices.access import node_for
from devices.models import Node
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import record, row_of

LONGEST = timedelta(days=366)


@transaction.atomic
def begin(*, actor: Actor, pk: UUID, until: datetime, reason: str, at: datetime) -> Node:
    """Begun again, it lasts until the new moment."""
    node = node_for(actor, pk, "nodes.maintain")
    particulars.check({"reason": reason})
    if not at < until <= at + LONGEST:
        raise InvalidInput(errors={"until": [f"A moment to come, within {LONGEST.days} days."]})
    return _set(actor, node, until, reason)


@transaction.atomic
def end(*, actor: Actor, pk: UUID, at: datetime) -> Node:
    """Ending it twice is the same as once."""
    node = node_for(actor, pk, "nodes.maintain")
    return _set(actor, node, None, "") if node.in_maintenance(at) else node


def _set(actor: Actor, node: Node, until: datetime | None, reason: str) -> Node:
    before = {"until": node.maintenance_until, "reason": node.maintenance_reason}
    node.maintenance_until, node.maintenance_reason = until, reason
    node.save(update_fields=["maintenance_until", "maintenance_reason", "updated_at"])
    record(
        who=actor.who,
        action="node.maintenance",
        about=row_of(node),
        before=before,
        after={"until": until, "reason": reason},
    )
    return node
