"""Where the Node-RED of a node lies, and with which token the hub comes there."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.access import node_for
from devices.models import BusNode
from devices.node_red import address
from devices.node_red.errors import NotOnTheBus
from rdos.kernel.actors import Actor
from rdos.kernel.encryption import conceal
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import changes, record, row_of


def bus_of(actor: Actor, pk: UUID, action: str = "nodes.read") -> BusNode:
    node = node_for(actor, pk, action)
    bus = BusNode.objects.filter(pk=node.pk).first()
    if bus is None:
        raise NotOnTheBus
    return bus


@transaction.atomic
def place(
    *, actor: Actor, pk: UUID, at: datetime, admin_url: str | None = None, admin_token: str | None = None
) -> BusNode:
    """Changes what is named; an empty text takes it away. A token goes to nobody but whom it was given for."""
    node = node_for(actor, pk, "nodes.update")
    bus = BusNode.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if bus is None:
        raise NotOnTheBus
    before = _facts(bus)
    _set(bus, admin_url, admin_token)
    bus.save(update_fields=["admin_url", "admin_token"])
    old, new = changes(before, _facts(bus))
    if new or admin_token is not None:
        facts = {"is_guard_new": admin_token is not None}
        record(who=actor.who, action="node.node_red", about=row_of(node), before=old, after=new, details=facts)
    return bus


def _set(bus: BusNode, admin_url: str | None, admin_token: str | None) -> None:
    if admin_token is not None and not _is_sendable(admin_token):
        reason = f"At most {address.LONGEST_TOKEN} characters, all of them printable ASCII and none of them a space."
        raise InvalidInput(errors={"admin_token": [reason]})
    if admin_url is not None:
        former, bus.admin_url = bus.admin_url, address.checked(admin_url) if admin_url.strip() else ""
        if admin_token is None and (not former or address.origin(former) != address.origin(bus.admin_url)):
            bus.admin_token = ""
    if admin_token is not None:
        conceal(bus, "admin_token", admin_token)


def _is_sendable(token: str) -> bool:
    """As a header's value."""
    return len(token) <= address.LONGEST_TOKEN and all(32 < ord(sign) < 127 for sign in token)


def _facts(bus: BusNode) -> dict[str, Any]:
    """Never the token, and by no name that the journal hides."""
    return {"admin_url": bus.admin_url, "is_guarded": bool(bus.admin_token)}
