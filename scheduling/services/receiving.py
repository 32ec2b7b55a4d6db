"""A delivery is taken: once, and on the disk before anybody is told so."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.db.models import Q

from flows.choices import FINAL_EXECUTIONS
from flows.models import Execution
from rdos.kernel.encryption import reveal
from rdos.kernel.errors import DomainError, Unavailable
from rdos.kernel.secrecy import mask_text
from scheduling.choices import Source
from scheduling.errors import SignatureUsed, WebhookNotFound
from scheduling.models import Firing
from scheduling.services import conditions, deliveries, firings, refusals, signing
from scheduling.services.deliveries import Delivery
from scheduling.services.firings import Shot
from scheduling.services.hooks import Hook


@dataclass(frozen=True, slots=True)
class Taken:
    execution_id: UUID
    is_new: bool = True


def receive(hook: Hook, sent: Delivery) -> Taken:
    try:
        return _receive(hook, sent)
    except IntegrityError as error:
        # It was removed in this very moment.
        raise WebhookNotFound from error


def _receive(hook: Hook, sent: Delivery) -> Taken:
    try:
        return _fire(hook, _shot(hook, sent))
    except DomainError as refusal:
        if hook.token_shown:
            refusals.count(hook, refusal, sent.address)
        raise


def _shot(hook: Hook, sent: Delivery) -> Shot:
    webhook = hook.webhook
    conditions.insist_caller(webhook, sent)
    raw = deliveries.body_of(sent, webhook.largest_body)
    signature = _signature(hook, sent, raw)
    conditions.insist_rate(webhook)
    facts = deliveries.came_with(sent, webhook.required_headers)
    return Shot(
        trigger=hook.trigger,
        source=Source.WEBHOOK,
        due_at=hook.at,
        given=deliveries.text_of(raw),
        delivery_id=sent.id,
        signature=signature,
        details=facts,
        came_with=facts,
    )


def _signature(hook: Hook, sent: Delivery, raw: bytes) -> str | None:
    if not hook.webhook.secret:
        return None
    secret = reveal(hook.webhook, "secret")
    return signing.insist(sent, raw, secret=secret, window=hook.webhook.replay_seconds, at=hook.at)


def _fire(hook: Hook, shot: Shot) -> Taken:
    try:
        conditions.insist_open(hook)
    except DomainError:
        # What was taken while it was open is not refused afterwards.
        if before := _before(shot):
            return before
        raise
    if firings.fire([shot], hook.at) and shot.execution_id:
        return Taken(shot.execution_id)
    if before := _before(shot):
        return before
    raise Unavailable("The delivery was here before and has just been removed: send it again.")


def _before(shot: Shot) -> Taken | None:
    """The same delivery, however often it is sent."""
    if shot.delivery_id is None and shot.signature is None:
        return None
    same = Q(signature=shot.signature) if shot.delivery_id is None else Q(delivery_id=shot.delivery_id)
    known = Firing.objects.filter(trigger_id=shot.trigger.pk, execution_id__isnull=False)
    pk = known.filter(same).values_list("execution_id", flat=True).first()
    if pk is not None:
        return Taken(pk, is_new=False)
    if shot.signature is not None and known.filter(signature=shot.signature).exists():
        raise SignatureUsed
    return None


def ended(pk: UUID) -> dict[str, Any] | None:
    """How the run ended; None as long as it has not."""
    found = Execution.objects.filter(pk=pk, status__in=FINAL_EXECUTIONS).values("status", "result", "error").first()
    if found is None:
        return None
    return {"status": found["status"], "result": found["result"], "error": mask_text(found["error"]) or None}
