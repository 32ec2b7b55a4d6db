"""The hub switches a trigger off by itself, and says why."""

from collections.abc import Sequence
from datetime import datetime

from rdos.kernel.journal import SYSTEM, Row, record
from scheduling.models import Schedule, Trigger

LONGEST_REASON = 1000


def pause(stopped: Sequence[tuple[Trigger, str]], at: datetime) -> None:
    """In the transaction of whoever found out. A person who switches it on again tries it anew."""
    for trigger, reason in stopped:
        _pause(trigger, reason, at)


def _pause(trigger: Trigger, reason: str, at: datetime) -> None:
    changed = {"is_enabled": False, "paused_reason": reason[:LONGEST_REASON], "updated_at": at}
    if not Trigger.objects.filter(pk=trigger.pk, is_enabled=True).update(**changed):
        return
    Schedule.objects.filter(pk=trigger.pk).update(next_due_at=None, next_run_at=None)
    facts = {"reason": reason, "flow_id": str(trigger.flow_id), "kind": trigger.kind}
    record(who=SYSTEM, action="trigger.paused", about=Row("trigger", str(trigger.pk), trigger.name), details=facts)
