"""Commands to nodes of the bus: each is published once, in order, whether anybody is there to hear it or not."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.db.models import F

from devices import bus_letters
from devices.choices import COMMAND_LIFE, CommandStatus
from devices.errors import ActionTooLarge, CommandDenied, NodeExpired
from devices.hal import motion
from devices.models import Command, Node
from devices.services import actions, commands, replies
from rdos.kernel import dialect
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.bus import BusAway
from rdos.kernel.clock import database_now
from rdos.kernel.encryption import reveal
from rdos.kernel.journal import record, row_of

# How long somebody waits until a bridge has taken it.
PATIENCE = 2.0
# How long it is believed that a node may still show what became of it, once it was told.
LIVES = timedelta(minutes=1)
MOTION_LIVES = timedelta(seconds=10)
MOST_AT_ONCE = 200
AWAY = "The bus was not reached in time"
UNSURE = "The bus did not confirm it; it may have been carried out"
# Held by whichever bridge is publishing: two at once could overtake each other. Never change it.
SENDING_LOCK = 7_340_001


def tell(*, actor: Actor, node: Node, body: Mapping[str, Any], text: str, at: datetime) -> Command:
    """Any object at all. `text` is what it was read from, and is published as it stands."""
    if node.is_expired(at):
        raise NodeExpired
    if len(text.encode()) > actions.LARGEST:
        raise ActionTooLarge(f"The command is larger than {actions.LARGEST // 1024} KiB.")
    if actions.is_denied(node, body):
        raise CommandDenied
    actions.insist_ranked(actor, node, commands.name_of(body))
    with transaction.atomic():
        command = commands.create(
            who=actor.who,
            node_id=node.pk,
            action=body,
            expires_at=at + timedelta(seconds=PATIENCE),
            awaited=True,
            verbatim=text,
        )
        facts = {"command_id": command.pk, "action": command.action}
        record(who=actor.who, action="command.create", about=row_of(node), details=facts)
    return command


def published(command_id: UUID, *, over: bool, at: datetime) -> Command | None:
    """None while the broker does not have it. What no bridge has taken by then is never published."""
    command = commands.now(command_id)
    if command is None:
        raise BusAway(AWAY)
    if command.status == CommandStatus.QUEUED:
        if not over:
            return None
        _give_up([command_id], CommandStatus.QUEUED, AWAY, at)
        command.refresh_from_db()
    if command.status == CommandStatus.CANCELLED and command.error_code == "bus_away":
        raise BusAway(command.error)
    if command.status == CommandStatus.EXPIRED and command.sent_at is None:
        raise BusAway(AWAY)
    if command.status == CommandStatus.SENT and command.sent_at is None:
        if not over:
            return None
        raise BusAway(UNSURE)
    return command


def abandon(command_id: UUID, *, at: datetime) -> None:
    """Whoever asked has left: what is not on its way by now never will be."""
    _give_up([command_id], CommandStatus.QUEUED, AWAY, at)


# --- The bridge's side


@dataclass(frozen=True, slots=True)
class Letter:
    """A command on its way to the bus."""

    command_id: UUID
    node_id: UUID
    key: str
    name: str
    purpose: str
    action: Any
    # What is published, byte for byte; empty for what the hub wrote itself.
    text: str
    admin_url: str
    has_credential: bool


@contextmanager
def sending() -> Iterator[bool]:
    """False while another bridge publishes. A bridge that dies lets go, because its connection does."""
    if dialect.is_sqlite():
        yield True
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SENDING_LOCK])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SENDING_LOCK])


@transaction.atomic
def claim(at: datetime, most: int = MOST_AT_ONCE) -> list[Letter]:
    """Marked as sent before it goes out, and without a time until the broker has it: a bridge that dies between leaves
    a command that nobody heard, but never one that is heard twice."""
    waiting = Command.objects.filter(node__on_bus=True, status=CommandStatus.QUEUED, expires_at__gt=at)
    held = list(waiting.order_by("number", "id").select_for_update(of=("self",), skip_locked=True)[:most])
    mine = Command.objects.filter(pk__in=[one.pk for one in held], status=CommandStatus.QUEUED)
    mine.update(status=CommandStatus.SENT, attempts=F("attempts") + 1)
    _prolong(held, at)
    nodes = {
        node.pk: node
        for node in Node.objects.filter(pk__in={one.node_id for one in held})
        .select_related("bus")
        .only("key", "bus__admin_url", "bus__credential_hash")
    }
    return [_letter(one, nodes[one.node_id]) for one in held]


def _prolong(held: Sequence[Command], at: datetime) -> None:
    """Whoever waited for it to go out had little patience; what it does may show later."""
    awaited = [one for one in held if one.awaited]
    moving = {one.pk for one in awaited if motion.speeds_of(one.action) is not None}
    Command.objects.filter(pk__in=moving).update(expires_at=at + MOTION_LIVES)
    Command.objects.filter(pk__in=[one.pk for one in awaited if one.pk not in moving]).update(expires_at=at + LIVES)


def _letter(command: Command, node: Node) -> Letter:
    text = reveal(command, "sealed") if command.sealed else ""
    return Letter(
        command_id=command.pk,
        node_id=node.pk,
        key=node.key,
        name=command.name,
        purpose=command.purpose,
        action=orjson.loads(text) if text else command.action,
        text=text,
        admin_url=node.bus.admin_url,
        has_credential=bool(node.bus.credential_hash),
    )


@transaction.atomic
def went(command_ids: Sequence[UUID], at: datetime) -> None:
    """The broker has them. Whoever was quick has answered by now."""
    Command.objects.filter(pk__in=list(command_ids), sent_at=None).update(sent_at=at)
    for command_id in command_ids:
        ring_on_commit(commands.settled_bell(command_id))


def unsent(command_ids: Sequence[UUID], error: str = UNSURE) -> None:
    """What was claimed and could not be published, or was not confirmed."""
    waiting = _put_back(command_ids) if error == UNSURE else set()
    _give_up([pk for pk in command_ids if pk not in waiting], CommandStatus.SENT, error, database_now())


def _put_back(command_ids: Sequence[UUID]) -> set[UUID]:
    """A flow that comes twice is there once, so it waits for the bus."""
    flows = Command.objects.filter(purpose=bus_letters.DEPLOYMENT, sent_at=None)
    return {pk for pk in command_ids if COMMAND_LIFE.try_move(flows, pk, to=CommandStatus.QUEUED)}


@transaction.atomic
def _give_up(command_ids: Sequence[UUID], status: CommandStatus, error: str, at: datetime) -> None:
    rows = Command.objects.filter(pk__in=list(command_ids), status=status)
    replies.served(commands.end_away(rows, at, error=error), at)


def awaiting_evidence() -> list[tuple[UUID, UUID, motion.Speeds]]:
    """Motion that was told and not seen yet: the command, its node, and the speeds."""
    rows = Command.objects.filter(
        node__on_bus=True, status=CommandStatus.SENT, name__in=("move", "stop", commands.NAMELESS)
    )
    found = rows.order_by("number").values_list("pk", "node_id", "action")
    return [(pk, node_id, speeds) for pk, node_id, action in found if (speeds := motion.speeds_of(action)) is not None]


def nodes_of(command_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    return dict(Command.objects.filter(pk__in=list(command_ids), node__on_bus=True).values_list("pk", "node_id"))
