"""Triggers: made, changed, switched on and off, removed. What each kind has of its own is its own service's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.access import require
from flows.access import flow_for
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import changes, record, row_of
from scheduling.access import trigger_for
from scheduling.choices import TriggerKind
from scheduling.models import Trigger
from scheduling.services import clock, event_filters, schedules, webhooks

CHANGEABLE = ("name", "input", "priority", "environment", "config", "metadata", "pause_after_failures")
# What the row of its kind has, and the journal tells of it.
KINDS = {
    TriggerKind.SCHEDULE: schedules,
    TriggerKind.WEBHOOK: webhooks,
    TriggerKind.EVENT: event_filters,
}
MOST_OF_A_FLOW = 1000


@transaction.atomic
def create(
    *,
    actor: Actor,
    flow_id: UUID,
    kind: str,
    name: str,
    at: datetime,
    part: Mapping[str, Any],
    is_enabled: bool = True,
    **fields: Any,
) -> Trigger:
    """`part` is what this kind has of its own."""
    require(actor, "triggers.create")
    flow = flow_for(actor, flow_id, "flows.read")
    if Trigger.objects.filter(flow=flow).count() >= MOST_OF_A_FLOW:
        raise InvalidInput(f"A flow has at most {MOST_OF_A_FLOW} triggers.")
    trigger = Trigger(flow=flow, kind=kind, name=name, is_enabled=is_enabled, enabled_at=at, **fields)
    trigger.owner_id, trigger.has_owner = actor.user_id, actor.user_id is not None
    trigger.save(force_insert=True)
    if of_kind := KINDS.get(TriggerKind(kind)):
        of_kind.make(trigger, part, at)
    record(who=actor.who, action="trigger.create", about=row_of(trigger), after=facts(trigger))
    return trigger


@transaction.atomic
def update(
    *, actor: Actor, pk: UUID, at: datetime, fields: Mapping[str, Any], part: Mapping[str, Any] | None = None
) -> Trigger:
    """Changes what is named and leaves the rest. Whoever changes what it does answers for it from then on."""
    trigger = trigger_for(actor, pk, "triggers.update", hold=True)
    if trigger.kind == TriggerKind.SCHEDULE and clock.fire_first(pk, at):
        trigger = trigger_for(actor, pk, "triggers.update", hold=True)
    before = facts(trigger)
    for name in CHANGEABLE:
        if name in fields:
            setattr(trigger, name, fields[name])
    trigger.owner_id, trigger.has_owner = actor.user_id, actor.user_id is not None
    trigger.save()
    of_kind = KINDS.get(TriggerKind(trigger.kind))
    if of_kind and part:
        of_kind.change(trigger, part, at)
    old, new = changes(before, facts(trigger))
    record(who=actor.who, action="trigger.update", about=row_of(trigger), before=old, after=new)
    return trigger


@transaction.atomic
def switch(*, actor: Actor, pk: UUID, on: bool, at: datetime, action: str = "triggers.operate") -> Trigger:
    """Switched on it looks ahead only: what was due meanwhile is nobody's wish."""
    trigger = trigger_for(actor, pk, action, hold=True)
    was = {"is_enabled": trigger.is_enabled}
    trigger.is_enabled, trigger.paused_reason = on, ""
    if on and not was["is_enabled"]:
        trigger.enabled_at = at
        trigger.owner_id, trigger.has_owner = actor.user_id, actor.user_id is not None
    trigger.save()
    if trigger.kind == TriggerKind.SCHEDULE:
        schedules.look_ahead(trigger, at)
    if was["is_enabled"] != on:
        word = "trigger.enable" if on else "trigger.disable"
        record(who=actor.who, action=word, about=row_of(trigger), before=was, after={"is_enabled": on})
    return trigger


@transaction.atomic
def edit(
    *,
    actor: Actor,
    pk: UUID,
    at: datetime,
    fields: Mapping[str, Any],
    part: Mapping[str, Any] | None = None,
    on: bool | None = None,
) -> None:
    """Changed, switched, or both: who only switches needs no more rights than that."""
    if fields or part:
        update(actor=actor, pk=pk, at=at, fields=fields, part=part)
    if on is not None:
        switch(actor=actor, pk=pk, on=on, at=at)


@transaction.atomic
def delete(*, actor: Actor, pk: UUID) -> None:
    trigger = trigger_for(actor, pk, "triggers.delete", hold=True)
    record(who=actor.who, action="trigger.delete", about=row_of(trigger), before=facts(trigger))
    trigger.delete()


def facts(trigger: Trigger) -> dict[str, Any]:
    """For the journal: without what it is given to run with, and without secrets."""
    told = {name: getattr(trigger, name) for name in ("name", "kind", "is_enabled", "priority", "environment")}
    of_kind = KINDS.get(TriggerKind(trigger.kind))
    return {**told, "flow_id": str(trigger.flow_id), **(of_kind.facts(trigger) if of_kind else {})}
