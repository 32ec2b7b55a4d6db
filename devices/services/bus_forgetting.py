"""Taking a device of somebody else off the list of what was found."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices.access import node_for
from devices.errors import ClaimedAlready
from devices.models import Node
from devices.services import nodes
from rdos.kernel.actors import Actor


@transaction.atomic
def forget(*, actor: Actor, pk: UUID, at: datetime) -> None:
    """Only what nobody claimed meanwhile. Speaking on the bus, it is found again."""
    node_for(actor, pk, "nodes.delete")
    found = Node.objects.select_for_update(no_key=True).filter(pk=pk, on_bus=True, claimed=False)
    if not found.exists():
        raise ClaimedAlready
    nodes.delete(actor=actor, pk=pk, at=at)
