"""A workflow is submitted: written, born running, and started in the way that was asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from devices.access import nodes_for
from flows.access import workflow_for
from flows.choices import FlowStatus
from flows.models import Flow
from flows.services import flows, queueing
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput

# Told to whoever plans a trigger, and never kept: a hook's secret may be among it.
NOT_KEPT = ("webhook_config",)


@dataclass(frozen=True, kw_only=True)
class Submission:
    name: str
    content: Any
    priority: int
    trigger_type: str = "manual"
    environment: str = "lan"
    schedule_cron: str = ""
    # An existing workflow is written over, as its next version.
    workflow_id: UUID | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def variables(self) -> Any:
        return self.metadata.get("variables") or None


@dataclass(frozen=True, kw_only=True)
class Submitted:
    flow: Flow
    message: str
    job_id: UUID | None = None
    schedule_id: UUID | None = None


Plan = Callable[[Actor, Flow, Submission, datetime], Submitted]


def _run_once(actor: Actor, flow: Flow, asked: Submission, at: datetime) -> Submitted:
    start = queueing.Start(who=actor.who)
    run = queueing.enqueue(flow=flow, start=start, given=asked.variables, at=at)
    message = f"Workflow submitted and queued for {asked.environment} execution"
    return Submitted(flow=flow, job_id=run.pk, message=message)


# By type of trigger. Called in the transaction that writes the flow.
PLANS: dict[str, Plan] = {"manual": _run_once}


def planned_by(trigger_type: str, plan: Plan) -> None:
    """A higher app knows what a trigger of this type is; it says so once, in composition."""
    PLANS[trigger_type] = plan


@transaction.atomic
def submit(*, actor: Actor, asked: Submission, at: datetime) -> Submitted:
    plan = _plan_of(asked)
    return plan(actor, _written(actor, asked, at), asked, at)


def _plan_of(asked: Submission) -> Plan:
    if asked.trigger_type == "scheduled" and not asked.schedule_cron.strip():
        raise InvalidInput(errors={"schedule_cron": ["A scheduled workflow says when, as a cron expression."]})
    return PLANS[asked.trigger_type]


def _written(actor: Actor, asked: Submission, at: datetime) -> Flow:
    fields, pk = _fields(actor, asked), asked.workflow_id
    if pk is None:
        return _made(actor, asked, fields)
    return _made_under(pk, actor, asked, fields) or _written_over(pk, actor, asked, fields, at)


def _made(actor: Actor, asked: Submission, fields: dict[str, Any], pk: UUID | None = None) -> Flow:
    return flows.create(actor=actor, content=asked.content, status=FlowStatus.RUNNING, pk=pk, **fields)


def _made_under(pk: UUID, actor: Actor, asked: Submission, fields: dict[str, Any]) -> Flow | None:
    """None when the id is taken, be it since a moment ago."""
    if Flow.objects.filter(pk=pk).exists():
        return None
    try:
        with transaction.atomic():
            return _made(actor, asked, fields, pk)
    except IntegrityError:
        return None


def _written_over(pk: UUID, actor: Actor, asked: Submission, fields: dict[str, Any], at: datetime) -> Flow:
    """Even the same again is a version of its own: whoever submits counts them."""
    workflow_for(actor, pk, "flows.update")
    return flows.update(actor=actor, pk=pk, at=at, fields=fields, content=asked.content, anew=True)


def _fields(actor: Actor, asked: Submission) -> dict[str, Any]:
    return {
        "name": asked.name,
        "description": asked.metadata.get("description") or "",
        "environment": asked.environment,
        "priority": asked.priority,
        "target_node_id": _target(actor, asked.metadata.get("robot_id")),
        "metadata": {name: value for name, value in asked.metadata.items() if name not in NOT_KEPT},
    }


def _target(actor: Actor, robot: str | None) -> UUID | None:
    """By the handle that a robot calls itself, or by its node's id."""
    if not robot:
        return None
    seen = nodes_for(actor)
    found = seen.filter(key=robot).first() or _by_id(seen, robot)
    if found is None:
        raise InvalidInput(errors={"metadata.robot_id": [f"Robot {robot} not found"]})
    pk: UUID = found.pk
    return pk


def _by_id(seen: Any, robot: str) -> Any:
    try:
        return seen.filter(pk=UUID(robot)).first()
    except ValueError:
        return None
