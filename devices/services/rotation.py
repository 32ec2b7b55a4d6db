"""Gives a node a new secret without ever locking it out: both are good until it has shown the new one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from devices import signatures
from devices.choices import OPEN_COMMANDS, CommandStatus
from devices.errors import RotationUnderWay
from devices.models import Command, Node
from devices.services import commands
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of

PURPOSE = "rotation"
PATIENCE = timedelta(seconds=10)


@transaction.atomic
def begin(
    *, actor: Actor, node: Node, at: datetime, awaited: bool = True, expires_at: datetime | None = None
) -> Command:
    _insist_shown(node)
    secret = signatures.new_secret()
    # Before it is sent: a node that took it over and lost its answer must still get in.
    Node.objects.filter(pk=node.pk).update(next_secret_digest=signatures.digest(secret))
    record(who=actor.who, action="node.rotate_secret", about=row_of(node))
    return commands.create(
        who=actor.who,
        node_id=node.pk,
        action={"type": "rotate_secret", "new_secret": secret},
        expires_at=expires_at or at + PATIENCE,
        awaited=awaited,
        purpose=PURPOSE,
        serves=node.pk,
    )


def _insist_shown(node: Node) -> None:
    """There is room for two secrets. A third would push out the one that the node keeps for its next start."""
    held = Node.objects.select_for_update(no_key=True).filter(pk=node.pk).exclude(next_secret_digest="")
    if held.values_list("pk").first() is None:
        return
    last = Command.objects.filter(node_id=node.pk, purpose=PURPOSE).order_by("-number").first()
    if last is not None and last.status in (*OPEN_COMMANDS, CommandStatus.ACKED):
        raise RotationUnderWay


def answered(ended: Sequence[Command]) -> None:
    """A node that refused keeps its old secret. One that did not answer may have taken the new one: both stay good."""
    refused = [one.node_id for one in ended if one.purpose == PURPOSE and one.status == CommandStatus.REJECTED]
    if refused:
        Node.objects.filter(pk__in=refused).update(next_secret_digest="")
