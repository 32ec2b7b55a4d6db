"""Gives a node a new secret without ever locking it out: both are good until it has shown the new one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from devices import signatures
from devices.choices import CommandStatus
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


def answered(ended: Sequence[Command]) -> None:
    """A node that refused keeps its old secret. One that did not answer may have taken the new one: both stay good."""
    refused = [one.node_id for one in ended if one.purpose == PURPOSE and one.status == CommandStatus.REJECTED]
    if refused:
        Node.objects.filter(pk__in=refused).update(next_secret_digest="")
