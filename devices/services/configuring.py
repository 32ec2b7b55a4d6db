"""A configuration on its way: to the node from a person, and back to whoever asks for it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from devices import redaction
from devices.choices import OPEN_COMMANDS, CommandStatus, Side
from devices.errors import CommandDenied, ConnectionLost, NoConfig, NotConnected
from devices.models import Command, ConfigVersion, Node
from devices.services import actions, commands, config_versions, telling, twins
from rdos.kernel.actors import Actor

PATIENCE = 3.0
READ = "read"


def configure(
    *,
    actor: Actor,
    node: Node,
    config: Any,
    at: datetime,
    wait: float | None = telling.PATIENCE,
    ttl: timedelta = commands.TIME_TO_LIVE,
) -> Command:
    """What the node takes over becomes what is desired of it."""
    action = {"type": actions.UPDATE, "config": config}
    if wait is not None and not node.is_connected:
        return telling.tell(actor=actor, node=node, action=action, at=at, wait=wait, recorded_as="node.config.update")
    with transaction.atomic():
        actions.insist_well_formed(action)
        config_versions.held(node.pk)
        wish = config_versions.add(node_id=node.pk, side=Side.DESIRED, content=redaction.kept(config), by=actor.label)
        return telling.tell(
            actor=actor,
            node=node,
            action=action,
            at=at,
            wait=wait,
            ttl=ttl,
            purpose=twins.CONFIGURE,
            serves=wish.pk,
            recorded_as="node.config.update",
        )


def ask(*, actor: Actor, node: Node, at: datetime) -> Command:
    if actions.READ in node.denied_commands:
        raise CommandDenied
    if not node.is_connected:
        raise NotConnected
    return commands.create(
        who=actor.who,
        node_id=node.pk,
        action={"type": actions.READ},
        expires_at=at + timedelta(seconds=PATIENCE),
        awaited=True,
        purpose=READ,
    )


def reported(*, command_id: UUID, over: bool, at: datetime) -> ConfigVersion | None:
    """What the node answered; None while there is nothing to say."""
    command = Command.objects.filter(pk=command_id).first()
    if command is None:
        raise ConnectionLost("The node was deleted before it answered")
    found = config_versions.fresh(command.node_id) or config_versions.answer_to(command)
    if found is not None:
        return found
    if over:
        commands.give_up(command_id, at, error="The node reported no configuration in time", error_code="no_config")
    elif command.status in OPEN_COMMANDS or command.status == CommandStatus.ACKED:
        return None
    raise ConnectionLost if command.error_code == "connection_lost" else NoConfig
