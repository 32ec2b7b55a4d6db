"""A delivery is delivered again by hand: a new firing with the old input, and what came with it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from flows.models import Execution
from flows.services import queueing
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of
from scheduling.access import firing_for
from scheduling.choices import Source, TriggerKind
from scheduling.errors import NothingToRedeliver
from scheduling.models import Firing
from scheduling.services import firings
from scheduling.services.firings import Shot


@transaction.atomic
def redeliver(*, actor: Actor, pk: UUID, at: datetime) -> Shot:
    """Also when the webhook is switched off: whoever asks for it wants this one."""
    firing = firing_for(actor, pk, "triggers.operate")
    run = _run_of(firing)
    queueing.insist_startable(firing.trigger.flow)
    facts = {"redelivery_of": str(firing.pk)}
    shot = Shot(
        trigger=firing.trigger,
        source=Source.REDELIVERY,
        due_at=at,
        given=run.input,
        came_with=run.came_with,
        details=(firing.details or {}) | facts,
        who=actor.who,
    )
    firings.fire([shot], at)
    told = facts | {"execution_id": shot.execution_id}
    record(who=actor.who, action="trigger.redeliver", about=row_of(firing.trigger), details=told)
    return shot


def _run_of(firing: Firing) -> Execution:
    """The run keeps the input. What was refused had none, and what was pruned has none any more."""
    if firing.trigger.kind != TriggerKind.WEBHOOK or firing.execution_id is None:
        raise NothingToRedeliver
    run = Execution.objects.filter(pk=firing.execution_id).only("input", "came_with").first()
    if run is None:
        raise NothingToRedeliver
    return run
