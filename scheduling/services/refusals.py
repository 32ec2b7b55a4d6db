"""Deliveries that were refused to somebody who knows the token: counted by reason and hour, never with a body."""

from datetime import datetime

from django.db.models import F

from rdos.kernel.errors import DomainError
from scheduling.choices import Outcome, Source
from scheduling.models import Firing
from scheduling.services.firings import LONGEST_REASON
from scheduling.services.hooks import Hook


def count(hook: Hook, refusal: DomainError, address: str) -> None:
    made = Firing(
        trigger_id=hook.trigger.pk,
        source=Source.WEBHOOK,
        outcome=Outcome.REFUSED,
        due_at=_hour(hook.at),
        fired_at=hook.at,
        reason=refusal.detail[:LONGEST_REASON],
        details={"code": refusal.code, "address": address},
    )
    if _again(made):
        return
    Firing.objects.bulk_create([made], ignore_conflicts=True)
    # Unless it is this very one, somebody else was quicker.
    _again(made)


def _again(made: Firing) -> bool:
    same = Firing.objects.filter(
        trigger_id=made.trigger_id, source=made.source, outcome=made.outcome, due_at=made.due_at, reason=made.reason
    )
    return bool(same.exclude(pk=made.pk).update(times=F("times") + 1, fired_at=made.fired_at))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
