"""Whether a trigger may start its flow: the owner's right, the flow's state, and how its last runs went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from accounts.access import allows
from accounts.authentication import actor_of_user
from flows.access import sees
from flows.choices import ExecutionStatus
from flows.errors import FlowNotRunning, NothingToRun, RunsElsewhere
from flows.models import Execution
from flows.services import queueing
from rdos.kernel.errors import DomainError
from scheduling.choices import Outcome
from scheduling.models import Firing, Trigger

FAILED = (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT)


def lost_right(trigger: Trigger, at: datetime) -> str:
    """Why its owner may not start the flow any more; empty if they may."""
    if not trigger.has_owner:
        return ""
    owner = trigger.owner
    if owner is None:
        return "Its owner is not known here any more."
    if not owner.may_sign_in(at):
        return f"Its owner {owner.username} may not sign in any more."
    actor = actor_of_user(owner)
    if not allows(actor, "executions.create"):
        return f"Its owner {owner.username} may not start flows any more."
    return "" if sees(actor, trigger.flow) else f"Its owner {owner.username} does not see the flow any more."


def closed(trigger: Trigger) -> str:
    """Why the flow cannot be started now; empty if it can."""
    try:
        queueing.insist_startable(trigger.flow)
    except (FlowNotRunning, NothingToRun, RunsElsewhere) as refusal:
        return _sentence(refusal)
    return ""


def _sentence(refusal: DomainError) -> str:
    return refusal.detail if refusal.detail.endswith(".") else f"{refusal.detail}."


def failing(triggers: Iterable[Trigger]) -> dict[UUID, str]:
    """Those whose last runs failed so often in a row that they had better stop, each with the reason."""
    careful = [trigger for trigger in triggers if trigger.pause_after_failures]
    if not careful:
        return {}
    last = _last_runs(careful)
    return {
        trigger.pk: f"{trigger.pause_after_failures} runs in a row failed."
        for trigger in careful
        if _all_failed(last.get(trigger.pk, []), trigger.pause_after_failures or 0)
    }


def _all_failed(statuses: Sequence[str], most: int) -> bool:
    """Newest first."""
    return len(statuses) >= most and all(status in FAILED for status in statuses[:most])


def _last_runs(triggers: Sequence[Trigger]) -> dict[UUID, list[str]]:
    """How the last ended runs of each ended; what was before it was switched on is forgiven."""
    most = 2 * max(trigger.pause_after_failures or 0 for trigger in triggers)
    place = Window(RowNumber(), partition_by=F("trigger_id"), order_by=[F("fired_at").desc(), F("id").desc()])
    started = Firing.objects.filter(
        trigger__in=triggers, outcome=Outcome.STARTED, fired_at__gt=F("trigger__enabled_at")
    )
    newest = started.annotate(place=place).filter(place__lte=most).order_by("trigger_id", "place")
    told = list(newest.values_list("trigger_id", "execution_id"))
    ended = Execution.objects.filter(pk__in=[pk for _, pk in told if pk], completed_at__isnull=False)
    statuses = dict(ended.values_list("pk", "status"))
    found: dict[UUID, list[str]] = {}
    for trigger_id, pk in told:
        if pk in statuses:
            found.setdefault(trigger_id, []).append(statuses[pk])
    return found
