"""Whether a trigger may start its flow: the owner's right, the flow's state, and how its last runs went."""

from datetime import datetime

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


def failing(trigger: Trigger) -> str:
    """Whether its last runs failed so often in a row that it had better stop. What was before it was switched on is
    forgiven."""
    most = trigger.pause_after_failures
    if not most:
        return ""
    fired = Firing.objects.filter(trigger=trigger, outcome=Outcome.STARTED, fired_at__gt=trigger.enabled_at)
    newest = fired.order_by("-fired_at", "-id").values_list("execution_id", flat=True)[: most * 2]
    ended = Execution.objects.filter(pk__in=[pk for pk in newest if pk], completed_at__isnull=False)
    last = list(ended.order_by("-created_at", "-id").values_list("status", flat=True)[:most])
    if len(last) < most or not all(status in FAILED for status in last):
        return ""
    return f"{most} runs in a row failed."
