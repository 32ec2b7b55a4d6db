"""A person tells a node something: now, while they wait for its answer, or whenever the node is there."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from devices import redaction
from devices.access import command_for
from devices.choices import OPEN_COMMANDS, CommandStatus
from devices.errors import CommandCancelled, ConnectionLost, NoAnswer, NodeExpired, NotConnected, Refused
from devices.models import Command, Node
from devices.services import actions, commands, config_versions, replies, rotation
from rdos.kernel.actors import Actor
from rdos.kernel.bus import BusAway
from rdos.kernel.journal import record, row_of
from rdos.kernel.lifecycle import WrongState

# How long somebody waits who does not say how long.
PATIENCE = 10.0
ONLY_NOW = timedelta(seconds=PATIENCE)
NOT_IN_TIME = "The node did not answer in time"
NOBODY_WAITS = "Whoever asked has left"
NOT_THERE = "Node is not connected"
# Most nodes of the bus never answer, so nobody waits long for them. What they did shows later, if it shows at all.
BUS_PATIENCE = 2.0
SENT_ALREADY = "It was sent already. It is not sent again, but the node may carry it out."


def tell(
    *,
    actor: Actor,
    node: Node,
    action: Any,
    at: datetime,
    wait: float | None = PATIENCE,
    ttl: timedelta = commands.TIME_TO_LIVE,
    purpose: str = "",
    serves: UUID | None = None,
    recorded_as: str = "command.create",
) -> Command:
    """With a `wait` the command lives only as long as its asker waits; without, it waits for its node."""
    name = actions.insist_well_formed(action)
    actions.insist_allowed(actor, node, action)
    if node.is_expired(at):
        raise NodeExpired
    only_now = wait is not None or actions.is_motion(node, action)
    if only_now and not node.is_reachable:
        raise NotConnected(extra={"command_id": _noted_as_impossible(actor, node, action, at)})
    lives = timedelta(seconds=wait) if wait is not None else min(ttl, ONLY_NOW) if only_now else ttl
    if name == actions.ROTATE:
        return rotation.begin(actor=actor, node=node, at=at, awaited=only_now, expires_at=at + lives)
    with transaction.atomic():
        command = commands.create(
            who=actor.who,
            node_id=node.pk,
            action=action,
            expires_at=at + lives,
            awaited=only_now,
            purpose=purpose,
            serves=serves,
        )
        _record(actor, node, command, recorded_as)
    return command


@transaction.atomic
def _noted_as_impossible(actor: Actor, node: Node, action: Mapping[str, Any], at: datetime) -> UUID:
    """The history shows what was tried."""
    command = commands.create(who=actor.who, node_id=node.pk, action=action, expires_at=at, awaited=True)
    commands.give_up(command.pk, at, error=NOT_THERE, error_code="not_connected")
    _record(actor, node, command, "command.create")
    return command.pk


def _record(actor: Actor, node: Node, command: Command, recorded_as: str) -> None:
    details = {"command_id": command.pk, "action": command.action}
    record(who=actor.who, action=recorded_as, about=row_of(node), details=details)


def position(command: Command) -> int:
    """How many wait for the node before this one."""
    number = Command.objects.values_list("number", flat=True).get(pk=command.pk)
    return Command.objects.filter(node_id=command.node_id, status__in=OPEN_COMMANDS, number__lt=number).count()


def outcome(*, command_id: UUID, over: bool, at: datetime, secrets: bool = False) -> dict[str, Any] | None:
    """What the asker hears: None while there is nothing to say, and a refusal for everything but success.

    `secrets` is for those who may configure the node: they see the passphrases in its configuration.
    """
    command = commands.now(command_id)
    if command is None:
        raise ConnectionLost("The node was deleted before it answered")
    if command.status in OPEN_COMMANDS:
        if not over:
            return None
        if command.status == CommandStatus.SENT and Node.objects.filter(pk=command.node_id, on_bus=True).exists():
            return {"command_id": command.pk, "status": command.status, "position": 0, "confirmed": False}
        _end(command_id, at, NOT_IN_TIME, "no_answer")
        command.refresh_from_db()
    if command.status != CommandStatus.ACKED:
        raise _failure(command)
    return _success(command, over, secrets)


def abandon(*, command_id: UUID, at: datetime) -> None:
    """It lives only as long as its asker waits: what was not sent yet never will be. What is published is."""
    if not Command.objects.filter(pk=command_id, status=CommandStatus.SENT, node__on_bus=True).exists():
        _end(command_id, at, NOBODY_WAITS, "abandoned")


@transaction.atomic
def _end(command_id: UUID, at: datetime, error: str, error_code: str) -> None:
    """When it loses the race against the answer, the answer counts."""
    if commands.give_up(command_id, at, error=error, error_code=error_code):
        replies.served([Command.objects.get(pk=command_id)], at)


def _success(command: Command, over: bool, secrets: bool) -> dict[str, Any] | None:
    said: dict[str, Any] = {"command_id": command.pk, "success": True}
    if command.name != actions.READ:
        return said if command.data is None else said | {"data": command.data}
    found = _configuration(command)
    if found is None:
        return said if over else None
    return said | {"data": redaction.shown(found, secrets=secrets)}


def _configuration(command: Command) -> Any:
    """Reported as most nodes do, some of them after they acknowledged; or in the acknowledgement itself."""
    if command.data is not None:
        return redaction.kept(command.data)
    found = config_versions.fresh(command.node_id) or config_versions.answer_to(command)
    return None if found is None else config_versions.content_of(found)


def _failure(command: Command) -> Exception:
    extra: dict[str, Any] = {"command_id": command.pk}
    if command.status == CommandStatus.REJECTED:
        extra |= {"error_code": command.error_code} if command.error_code else {}
        extra |= {"details": command.details} if command.details is not None else {}
        return Refused(command.error or None, extra=extra)
    if command.status == CommandStatus.EXPIRED:
        return NoAnswer(extra=extra)
    causes = {
        "connection_lost": ConnectionLost,
        "not_connected": NotConnected,
        "no_answer": NoAnswer,
        "bus_away": BusAway,
    }
    return causes.get(command.error_code, CommandCancelled)(extra=extra)


@transaction.atomic
def cancel(*, actor: Actor, pk: UUID, at: datetime) -> Command:
    command = command_for(actor, pk, "commands.cancel")
    ended = commands.cancel(Command.objects.filter(pk=pk), at, error=f"Cancelled by {actor.label}")
    if not ended:
        present = Command.objects.values_list("status", flat=True).get(pk=pk)
        raise WrongState(present=present, wanted=CommandStatus.CANCELLED)
    cancelled = ended[0]
    if cancelled.sent_at is not None:
        cancelled.details = {"note": SENT_ALREADY}
        cancelled.save(update_fields=["details"])
    replies.served([cancelled], at)
    record(
        who=actor.who,
        action="command.cancel",
        about=row_of(command.node),
        details={"command_id": pk, "command": command.name, "was_sent": cancelled.sent_at is not None},
    )
    return command_for(actor, pk)
