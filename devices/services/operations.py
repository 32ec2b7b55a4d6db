"""One action told to many nodes. Who is not told is named, with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from accounts.access import require
from devices import drivers, particulars, queries
from devices.access import commands_for, nodes_for, operation_for, sees, sees_everything
from devices.choices import UNCONFIRMED, CommandStatus
from devices.errors import HubOwnsThis, NodeGone, NothingToRetry, OutsideYourNodes
from devices.models import Command, Node, NodeGroup, Operation
from devices.services import actions, bus_commands, commands, replies, telling
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import record, row_of
from rdos.kernel.journal.storable import storable
from rdos.kernel.secrecy import mask

MOST_NODES = 10_000
FAILED = (CommandStatus.REJECTED, CommandStatus.EXPIRED, CommandStatus.CANCELLED)
# All that is read of a node: health and metadata may be large.
NEEDED = (
    "name",
    "device_type",
    "denied_commands",
    "expires_at",
    "maintenance_until",
    "session_id",
    "on_bus",
)


@dataclass(frozen=True, slots=True)
class Target:
    """Which nodes are meant: exactly one of the three."""

    node_ids: Sequence[UUID] | None = None
    group_id: UUID | None = None
    labels: Mapping[str, str] | None = None

    def as_told(self) -> dict[str, Any]:
        chosen = {"node_ids": self.node_ids, "group_id": self.group_id, "labels": self.labels}
        return {name: value for name, value in chosen.items() if value is not None}


def create(
    *,
    actor: Actor,
    action: Any,
    target: Target,
    at: datetime,
    ttl: timedelta = commands.TIME_TO_LIVE,
    title: str = "",
) -> Operation:
    name = actions.insist_well_formed(action)
    if name == actions.ROTATE:
        raise HubOwnsThis("Every node has its own secret; give them new ones one by one.")
    nodes, unknown = choose(actor, target)
    with transaction.atomic():
        operation = _begun(actor, action, title or f"{name} on {len(nodes)} node{'' if len(nodes) == 1 else 's'}")
        _tell(actor, operation, action, nodes, unknown, ttl, at)
        facts = target.as_told() if target.node_ids is None else {"nodes": len(target.node_ids)}
        _record(actor, operation, "operation.create", facts)
    return operation


def _begun(actor: Actor, action: Mapping[str, Any], title: str, retry_of: Operation | None = None) -> Operation:
    who = actor.who
    operation = Operation.objects.create(
        action=storable(mask(action)),
        title=title[:200],
        retry_of=retry_of,
        created_by_kind=who.kind,
        created_by_id=who.id[:128],
        created_by_label=who.label[:200],
    )
    operation.refresh_from_db(fields=["created_at"])
    return operation


def choose(actor: Actor, target: Target) -> tuple[list[Node], list[dict[str, Any]]]:
    """The nodes that are meant, and what is said of those that cannot be told for being nobody's or not theirs."""
    if len(target.as_told()) != 1:
        raise InvalidInput(errors={"node_ids": ["Name exactly one of `node_ids`, `group_id` and `labels`."]})
    if target.node_ids is not None:
        return _named(actor, list(dict.fromkeys(target.node_ids)))
    if target.group_id is not None:
        found = queries.members(_group(actor, target.group_id), actor)
    else:
        particulars.check({"labels": target.labels})
        found = queries.selected(nodes_for(actor), labels=target.labels)
    nodes = list(found.only(*NEEDED).order_by("name", "id")[: MOST_NODES + 1])
    _insist_bounded(nodes)
    return nodes, []


def _group(actor: Actor, pk: UUID) -> NodeGroup:
    """A body that names what is not there is wrong; the path is not."""
    require(actor, "groups.read")
    group = NodeGroup.objects.filter(pk=pk).first()
    if group is None:
        raise InvalidInput(errors={"group_id": ["There is no such group."]})
    return group


def _insist_bounded(nodes: Sequence[object]) -> None:
    if len(nodes) > MOST_NODES:
        raise InvalidInput(f"An operation tells at most {MOST_NODES} nodes; choose fewer.")


def _named(actor: Actor, wanted: list[UUID]) -> tuple[list[Node], list[dict[str, Any]]]:
    _insist_bounded(wanted)
    found = {node.pk: node for node in nodes_for(actor).filter(pk__in=wanted).only(*NEEDED)}
    unknown = [pk for pk in wanted if pk not in found]
    # Whether a node that the actor does not see exists, is not told.
    reasons = [_skipped(pk, "", str((NodeGone if sees(actor, pk) else OutsideYourNodes)())) for pk in unknown]
    return [found[pk] for pk in wanted if pk in found], reasons


def _skipped(node_id: UUID, name: str, reason: str) -> dict[str, Any]:
    return {"node_id": str(node_id), "node_name": name, "reason": reason}


def _tell(
    actor: Actor,
    operation: Operation,
    action: Mapping[str, Any],
    nodes: Iterable[Node],
    skipped: list[dict[str, Any]],
    ttl: timedelta,
    at: datetime,
) -> None:
    rows = []
    for node in nodes:
        if reason := reason_against(actor, node, action, at):
            skipped.append(_skipped(node.pk, node.name, reason))
        else:
            rows.append(_row(actor, operation, node, action, ttl, at))
            if node.is_reachable:
                commands.wake(node.pk)
    commands.keep(rows)
    operation.skipped = skipped
    operation.save(update_fields=["skipped"])
    ring_on_commit(commands.operation_bell(operation.pk))


def reason_against(
    actor: Actor, node: Node, action: Mapping[str, Any], at: datetime, *, even_in_maintenance: bool = False
) -> str:
    """Empty when the node is told."""
    if reason := rest_of(node, at, even_in_maintenance=even_in_maintenance):
        return reason
    spec = actions.spec_of(node, action["type"])
    if spec is None and drivers.known(node.device_type) and drivers.get(node.device_type).commands:
        return f"A node of type {node.device_type} does not know this command."
    if error := actions.refusal(actor, node, action):
        return str(error)
    if not node.is_reachable and actions.is_motion(node, action):
        return "The node is offline, and this command cannot wait."
    return ""


def rest_of(node: Node, at: datetime, *, even_in_maintenance: bool = False) -> str:
    """Why nothing at all is told to it."""
    if node.in_maintenance(at) and not even_in_maintenance:
        return "The node is in maintenance."
    return "The node has expired." if node.is_expired(at) else ""


def _row(
    actor: Actor, operation: Operation, node: Node, action: Mapping[str, Any], ttl: timedelta, at: datetime
) -> Command:
    only_now = actions.is_motion(node, action)
    return commands.draft(
        who=actor.who,
        node_id=node.pk,
        action=action,
        operation=operation,
        awaited=only_now,
        expires_at=at + min(ttl, _longest(node, only_now)),
    )


def _longest(node: Node, only_now: bool) -> timedelta:
    if only_now:
        return telling.ONLY_NOW
    # The bus keeps nothing for whoever is away, and most of its nodes never answer: nobody waits a day for silence.
    return bus_commands.LIVES if node.on_bus else timedelta.max


def _record(actor: Actor, operation: Operation, action: str, facts: Mapping[str, Any]) -> None:
    details = {"action": operation.action, "skipped": len(operation.skipped), **facts}
    record(who=actor.who, action=action, about=row_of(operation), details=details)


@transaction.atomic
def retry(*, actor: Actor, pk: UUID, at: datetime, ttl: timedelta = commands.TIME_TO_LIVE) -> Operation:
    """The same action for those that did not carry it out, once: what fails again is retried from the retry."""
    former = Operation.objects.select_for_update().get(pk=operation_for(actor, pk).pk)
    failed = commands_for(actor).filter(operation=former, status__in=FAILED)
    # By node: somebody who sees only some of them retries only those, and who was passed by may still have their turn.
    waiting = failed.exclude(node_id__in=Command.objects.filter(operation__retry_of=former).values("node_id"))
    sample = waiting.first()
    if sample is None:
        raise NothingToRetry
    action = commands.letter_of(sample)
    nodes = list(nodes_for(actor).filter(commands__in=waiting).only(*NEEDED).order_by("name", "id"))
    operation = _begun(actor, action, f"Again: {former.title}", former)
    _tell(actor, operation, action, nodes, [], ttl, at)
    # The retry keeps the secrets now, as long as it needs them.
    failed.filter(node_id__in=operation.commands.values("node_id")).exclude(sealed="").update(sealed="")
    _record(actor, operation, "operation.retry", {"retry_of": former.pk})
    return operation


@transaction.atomic
def cancel(*, actor: Actor, pk: UUID, at: datetime) -> Operation:
    operation = operation_for(actor, pk)
    ended = commands.cancel(commands_for(actor).filter(operation=operation), at, error=f"Cancelled by {actor.label}")
    replies.served(ended, at)
    if ended:
        _record(actor, operation, "operation.cancel", {"cancelled": len(ended)})
    return operation


def counts(actor: Actor, operations: Iterable[Operation]) -> dict[UUID, dict[str, int]]:
    """How many commands of each are in which state, of those that the actor sees.

    Those `unconfirmed` are counted among the expired too.
    """
    nothing = dict.fromkeys([*CommandStatus.values, UNCONFIRMED], 0)
    found: dict[UUID, dict[str, int]] = {one.pk: dict(nothing) for one in operations}
    mine = commands_for(actor).filter(operation_id__in=list(found)).values_list("operation_id", "status")
    silent = Count("id", filter=Q(error_code=UNCONFIRMED))
    for operation_id, status, count, unconfirmed in mine.annotate(count=Count("id"), silent=silent):
        found[operation_id][status] = count
        found[operation_id][UNCONFIRMED] += unconfirmed
    return found


def skipped_of(actor: Actor, operation: Operation) -> list[dict[str, Any]]:
    if sees_everything(actor):
        return list(operation.skipped)
    return [one for one in operation.skipped if sees(actor, UUID(one["node_id"]))]
