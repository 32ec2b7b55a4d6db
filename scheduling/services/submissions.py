"""Submitted workflows that a schedule or a webhook is to start. Submitted again they keep the one they have."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flows.models import Flow
from flows.services.submitting import Submission, Submitted
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from scheduling import cron
from scheduling.choices import Timing, TriggerKind
from scheduling.models import Trigger
from scheduling.services import schedules, triggers

# What a trigger is known by that came with its workflow.
MARK = {"submitted": True}
# Without one of these a caller proves nothing.
UNSIGNED = ("", "none")
HOW = "webhook_config"
LONGEST_NAME = 255


def scheduled(actor: Actor, flow: Flow, asked: Submission, at: datetime) -> Submitted:
    schedules.named("schedule_cron", cron.parse, asked.schedule_cron)
    part = {"timing": Timing.CRON, "cron": asked.schedule_cron}
    pk = _set_up(actor, flow, asked, at, TriggerKind.SCHEDULE, f"Schedule for {asked.name}", part, {})
    return Submitted(flow=flow, schedule_id=pk, message=f"Workflow submitted and scheduled: {asked.schedule_cron}")


def hooked(actor: Actor, flow: Flow, asked: Submission, at: datetime) -> Submitted:
    said = asked.metadata.get(HOW) or {}
    if not isinstance(said, Mapping):
        raise InvalidInput(errors={f"metadata.{HOW}": ["This is an object."]})
    secret = str(said.get("secret") or "")
    if not secret and str(said.get("auth_type") or "") not in UNSIGNED:
        raise InvalidInput(errors={f"metadata.{HOW}.secret": ["With an `auth_type` there is a secret."]})
    config = {str(name): value for name, value in said.items() if name != "secret"}
    part = {"secret": secret}
    pk = _set_up(actor, flow, asked, at, TriggerKind.WEBHOOK, f"Webhook for {asked.name}", part, config)
    return Submitted(flow=flow, message=f"Workflow submitted; whatever is posted to /hooks/{pk} starts it")


def _set_up(
    actor: Actor,
    flow: Flow,
    asked: Submission,
    at: datetime,
    kind: TriggerKind,
    name: str,
    part: Mapping[str, Any],
    config: Mapping[str, Any],
) -> UUID:
    found = Trigger.objects.filter(flow=flow, kind=kind, metadata__submitted=True).first()
    pk = found.pk if found else uuid4()
    fields = {
        "name": name[:LONGEST_NAME],
        "priority": asked.priority,
        "environment": asked.environment,
        "input": asked.variables,
        "config": _told(kind, config, pk),
    }
    if found:
        triggers.edit(actor=actor, pk=pk, at=at, fields=fields, part=part, on=True)
    else:
        whole = {"kind": kind, "part": part, "metadata": MARK, "id": pk, **fields}
        triggers.create(actor=actor, flow_id=flow.pk, at=at, **whole)
    return pk


def _told(kind: TriggerKind, config: Mapping[str, Any], pk: UUID) -> dict[str, Any]:
    address = {"endpoint": f"/hooks/{pk}"} if kind == TriggerKind.WEBHOOK else {}
    return {"type": kind.value, **address, **config}
