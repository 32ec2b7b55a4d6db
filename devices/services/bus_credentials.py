"""A node's own credential on the bus: what it says and hears is then closed to everybody anonymous."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from devices import signatures
from devices.access import node_for
from devices.errors import NotOfTheBus, NoUserOfTheBus
from devices.models import BusNode, Node
from devices.services import bus_users
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.journal import record, row_of

logger = logging.getLogger("rdos.bus")


@dataclass(frozen=True, slots=True)
class Issued:
    username: str
    password: str
    # The server knows it by now.
    in_force: bool


def issue(*, actor: Actor, pk: UUID, at: datetime) -> Issued:
    """The password is never seen again. A former one is worthless, and its connections end."""
    username, password = _issue(actor, pk, at)
    return Issued(username, password, in_force=_applied())


@transaction.atomic
def _issue(actor: Actor, pk: UUID, at: datetime) -> tuple[str, str]:
    node = node_for(actor, pk, "nodes.credentials")
    bus_users.directory()
    if not bus_users.may_be(node.key):
        raise NoUserOfTheBus
    held, password = _held(node), signatures.new_secret()
    before = {"made_at": held.credential_made_at}
    held.credential_hash, held.credential_made_at = signatures.bus_digest(password), at
    held.save(update_fields=["credential_hash", "credential_made_at"])
    after = {"made_at": at}
    record(who=actor.who, action="node.bus_credential", about=row_of(node), before=before, after=after)
    _tell(node)
    return node.key, password


@transaction.atomic
def withdraw(*, actor: Actor, pk: UUID, at: datetime) -> None:
    """The node is one of the anonymous again. Withdrawing twice is the same as once."""
    node = node_for(actor, pk, "nodes.credentials")
    held = _held(node)
    if not held.credential_hash:
        return
    before = {"made_at": held.credential_made_at}
    held.credential_hash, held.credential_made_at = "", None
    held.save(update_fields=["credential_hash", "credential_made_at"])
    record(who=actor.who, action="node.bus_credential_withdrawn", about=row_of(node), before=before)
    _tell(node)
    transaction.on_commit(bus_users.apply)


def _applied() -> bool:
    """The password is given out whatever happens here: the row holds it, and the next tick brings it into force."""
    try:
        return bus_users.apply()
    except Exception:  # The disk, the server, whatever it is: the former credential is gone already.
        logger.exception("A credential is not in force yet", extra={"action": "bus_credential_not_in_force"})
        return False


def _tell(node: Node) -> None:
    # A bridge knows by its credential whose word is whose.
    ring_on_commit(f"node.{node.pk}", "close:credential")


def follow(node: Node) -> None:
    """In the transaction that gives the node another key, or takes it away: its user goes with it."""
    if BusNode.objects.filter(node=node).exclude(credential_hash="").exists():
        # The node is changed all the same: what could not be written now is written by the next tick.
        transaction.on_commit(bus_users.look, robust=True)


def _held(node: Node) -> BusNode:
    held = BusNode.objects.select_for_update().filter(pk=node.pk).first()
    if held is None:
        raise NotOfTheBus
    return held
