"""Flows are started and stopped. Either is only asked for; it has happened when the flow is settled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from flows import doorbell
from flows.access import flow_for
from flows.choices import FLOW_LIFE, FlowStatus
from flows.errors import WrongFlowState
from flows.models import Flow
from flows.services import executions
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of


@transaction.atomic
def start(*, actor: Actor, pk: UUID, at: datetime) -> Flow:
    startable = (FlowStatus.STOPPED, FlowStatus.ERROR)
    return _move(actor, pk, FlowStatus.STARTING, startable, "start", updated_at=at, status_reason="")


@transaction.atomic
def stop(*, actor: Actor, pk: UUID, at: datetime) -> Flow:
    stoppable = (FlowStatus.RUNNING, FlowStatus.STARTING, FlowStatus.ERROR)
    return _move(actor, pk, FlowStatus.STOPPING, stoppable, "stop", updated_at=at)


def _move(actor: Actor, pk: UUID, to: FlowStatus, from_: tuple[FlowStatus, ...], verb: str, **changed: Any) -> Flow:
    flow = flow_for(actor, pk, "flows.operate", hold=True)
    before = FlowStatus(flow.status)
    if before not in from_ or not FLOW_LIFE.try_move(Flow, pk, to=to, from_=before, **changed):
        raise WrongFlowState(f"Cannot {verb} flow in {flow.status} state")
    record(who=actor.who, action=f"flow.{verb}", about=row_of(flow), before={"status": before}, after={"status": to})
    doorbell.send_task(doorbell.SETTLE_FLOW, str(pk))
    flow.refresh_from_db()
    return flow


def settle_all(at: datetime) -> int:
    """Whatever is on its way arrives, also when its bell was lost."""
    moving = Flow.objects.filter(status__in=(FlowStatus.STARTING, FlowStatus.STOPPING))
    return sum(settle(pk, at) for pk in moving.values_list("pk", flat=True))


@transaction.atomic
def settle(pk: UUID, at: datetime) -> bool:
    """A starting flow runs once it has something to run; a stopping one has stopped once nothing of it goes on."""
    flow = Flow.objects.select_for_update(no_key=True, of=("self",)).select_related("current").filter(pk=pk).first()
    if flow is None:
        return False
    if flow.status == FlowStatus.STARTING:
        return _begin(flow, at)
    if flow.status == FlowStatus.STOPPING:
        executions.cancel_all_of(flow_id=pk, at=at, reason="The flow was stopped")
        arrived = {"runner_id": "", "status_reason": "", "updated_at": at}
        return FLOW_LIFE.try_move(Flow, pk, to=FlowStatus.STOPPED, from_=FlowStatus.STOPPING, **arrived)
    return False


def _begin(flow: Flow, at: datetime) -> bool:
    starting = FlowStatus.STARTING
    if flow.current is None:
        failed = {"status_reason": "It has no version to run", "updated_at": at}
        return FLOW_LIFE.try_move(Flow, flow.pk, to=FlowStatus.ERROR, from_=starting, **failed)
    arrived = {"runner_id": f"{flow.runs_on}-{flow.pk.hex[:12]}", "updated_at": at}
    moved = FLOW_LIFE.try_move(Flow, flow.pk, to=FlowStatus.RUNNING, from_=starting, **arrived)
    if moved:
        doorbell.room()
    return moved
