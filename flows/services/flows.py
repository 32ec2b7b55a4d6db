"""Flows: written, changed, brought back, removed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from accounts.access import require
from devices.access import nodes_for
from flows import doorbell
from flows.access import flow_for, insist_changeable, insist_own
from flows.choices import OPEN_EXECUTIONS, FlowKind, FlowStatus, RunsOn
from flows.models import Execution, Flow
from flows.services import deployments, executions, leases, mirror, tiers, versions
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import changes, record, row_of

CHANGEABLE = (
    *("name", "description", "canvas", "metadata", "access", "runs_on", "environment", "priority", "capabilities"),
    *("labels", "target_nodes", "target_node_id", "max_concurrent", "timeout_seconds", "max_retries"),
)
# Told by its size alone: the journal is no place for drawings.
UNTOLD = ("canvas", "metadata")
FORGOTTEN_AT_ONCE = 2000
# Unless it is said.
USUALLY = {
    FlowKind.GRAPH: RunsOn.ROBOT,
    FlowKind.ORGANISM: RunsOn.HUB,
    FlowKind.NODERED: RunsOn.NODE,
    FlowKind.MEDIA: RunsOn.NODE,
}


@transaction.atomic
def create(
    *,
    actor: Actor,
    name: str,
    content: Any,
    kind: str = FlowKind.GRAPH,
    status: str = FlowStatus.STOPPED,
    message: str = "",
    pk: UUID | None = None,
    counted: bool = False,
    as_it_is: bool = False,
    **fields: Any,
) -> Flow:
    """Born stopped, unless it was submitted to be run at once. A counted one is refused beyond its owner's tier."""
    require(actor, "flows.create")
    if counted:
        tiers.insist_room(actor)
    _insist_sees(actor, fields)
    usual = {"runs_on": USUALLY[FlowKind(kind)], "timeout_seconds": settings.JOB_TIMEOUT_DEFAULT}
    flow = Flow(name=name, kind=kind, status=status, owner_id=actor.user_id, **usual)
    if pk is not None:
        flow.pk = pk
    for field, value in fields.items():
        setattr(flow, field, value)
    flow.save(force_insert=True)
    _add(flow, content, actor, message, as_it_is=as_it_is)
    flow.save()
    record(who=actor.who, action="flow.create", about=row_of(flow), after=facts(flow))
    return flow


@transaction.atomic
def update(
    *,
    actor: Actor,
    pk: UUID,
    at: datetime,
    fields: Mapping[str, Any],
    content: Any = None,
    message: str = "",
    seen: int | None = None,
    anew: bool = False,
    as_it_is: bool = False,
) -> Flow:
    """Changes what is named and leaves the rest. New content is a new version."""
    flow = flow_for(actor, pk, "flows.update", hold=True)
    insist_changeable(actor, flow)
    versions.insist_unchanged(flow, seen, fields if content is None else {**fields, "definition": content})
    _insist_sees(actor, fields)
    if fields.get("access", flow.access) != flow.access:
        insist_own(actor, flow)
    before, limit = facts(flow), flow.max_concurrent
    for name in CHANGEABLE:
        if name in fields:
            setattr(flow, name, fields[name])
    if content is not None:
        _add(flow, content, actor, message, anew=anew, as_it_is=as_it_is)
        # Its nodes keep what they have; this is deployed nowhere yet.
        flow.deployed_at = None
    old, new = changes(before, facts(flow))
    if new or any(name in fields for name in UNTOLD):
        versions.bump(flow)
        flow.save()
        record(who=actor.who, action="flow.update", about=row_of(flow), before=old, after=new)
    if (limit is None) != (flow.max_concurrent is None):
        _limit_what_waits(flow)
    return flow


def _add(flow: Flow, content: Any, actor: Actor, message: str, **how: Any) -> None:
    number = flow.version
    version = versions.add(flow=flow, content=content, who=actor.who, message=message, **how)
    if version.number != number:
        mirror.keep(flow, version)


def _insist_sees(actor: Actor, fields: Mapping[str, Any]) -> None:
    """Nobody sends work to a node that they do not see."""
    target = fields.get("target_node_id")
    if target is not None and not nodes_for(actor).filter(pk=target).exists():
        raise InvalidInput(errors={"target_node_id": ["There is no such node."]})


def _limit_what_waits(flow: Flow) -> None:
    waiting = Execution.objects.filter(flow=flow, status__in=OPEN_EXECUTIONS)
    leases.hold(list(waiting.values_list("pk", flat=True)))
    waiting.update(is_limited=flow.max_concurrent is not None)
    doorbell.room()


@transaction.atomic
def restore(*, actor: Actor, pk: UUID, number: int, at: datetime, seen: int | None = None, message: str = "") -> Flow:
    """An older version comes back as the newest."""
    flow = flow_for(actor, pk, "flows.update", hold=True)
    versions.insist_unchanged(flow, seen, {"restore": number})
    old = versions.version_of(flow, number)
    content = versions.content_of(flow, old)
    why = message or f"Version {number} again"
    _add(flow, content, actor, why, restored_from=number, anew=True)
    flow.deployed_at = None
    versions.bump(flow)
    flow.save()
    record(who=actor.who, action="flow.restore", about=row_of(flow), details={"from": number, "version": flow.version})
    return flow


@transaction.atomic
def delete(*, actor: Actor, pk: UUID, at: datetime) -> None:
    """Its runs go with it; what is under way is cancelled first, so that its robots hear of it."""
    flow = flow_for(actor, pk, "flows.delete", hold=True)
    executions.cancel_all_of(flow_id=pk, at=at, reason="The flow was deleted")
    deployments.withdraw_all(actor=actor, flow=flow, at=at)
    record(who=actor.who, action="flow.delete", about=row_of(flow), before=facts(flow))
    _forget_runs(pk)
    flow.delete()


def _forget_runs(pk: UUID) -> None:
    """A flow may have had a million of them, and they are never all read at once."""
    newest = Execution.objects.filter(flow_id=pk).order_by("-created_at", "-id").values_list("pk", flat=True)
    while ids := list(newest[:FORGOTTEN_AT_ONCE]):
        Execution.objects.filter(pk__in=ids).delete()


def facts(flow: Flow) -> dict[str, Any]:
    """What the journal keeps of a flow."""
    return {name: getattr(flow, name) for name in (*CHANGEABLE, "version") if name not in UNTOLD}
