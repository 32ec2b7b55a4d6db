"""What a webhook has of its own: its token, and what a delivery must be like."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from rdos.kernel.actors import Actor
from rdos.kernel.encryption import conceal, reveal
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import record, row_of
from scheduling.access import trigger_for
from scheduling.choices import TriggerKind
from scheduling.errors import NoToken
from scheduling.models import Trigger, Webhook

FIELDS = ("replay_seconds", "content_type", "required_headers", "allowed_addresses", "largest_body", "per_minute")
TOKEN_BYTES = 32


def digest(token: str) -> str:
    """Looked up by it, tokens are never compared: what differs in one character has nothing in common with it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def make(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> Webhook:
    webhook = Webhook(trigger=trigger)
    _renew(webhook)
    _set(webhook, part)
    webhook.save(force_insert=True)
    return webhook


def change(trigger: Trigger, part: Mapping[str, Any], at: datetime) -> None:
    webhook = Webhook.objects.select_for_update().get(pk=trigger.pk)
    _set(webhook, part)
    webhook.save()


def _set(webhook: Webhook, part: Mapping[str, Any]) -> None:
    for name in FIELDS:
        if name in part:
            setattr(webhook, name, part[name])
    if "secret" in part:
        conceal(webhook, "secret", part["secret"] or "")
    webhook.content_type = webhook.content_type.strip().lower()
    webhook.required_headers = {str(name).lower(): str(value) for name, value in webhook.required_headers.items()}
    webhook.allowed_addresses = [_network(text) for text in webhook.allowed_addresses]


def _network(text: Any) -> str:
    try:
        return str(ip_network(str(text).strip(), strict=False))
    except ValueError as error:
        raise InvalidInput(errors={"allowed_addresses": [f"{str(text)[:50]} is no address and no network."]}) from error


def _renew(webhook: Webhook) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    webhook.token_digest = digest(token)
    conceal(webhook, "token", token)


@transaction.atomic
def regenerate(*, actor: Actor, pk: UUID) -> Trigger:
    """The old address is gone at once."""
    trigger = trigger_for(actor, pk, "triggers.update", hold=True)
    if trigger.kind != TriggerKind.WEBHOOK:
        raise NoToken
    webhook = Webhook.objects.select_for_update().get(pk=pk)
    _renew(webhook)
    webhook.save()
    record(who=actor.who, action="trigger.token", about=row_of(trigger))
    return trigger


def token_of(webhook: Webhook) -> str:
    return reveal(webhook, "token")


def address_of(token: str, origin: str) -> str:
    """As callers know it: below the name that the hub is told to have outside, else below the one it was asked by."""
    return f"{settings.WEBHOOK_BASE_URL or f'{origin}/webhooks'}/{token}"


def facts(trigger: Trigger) -> dict[str, Any]:
    webhook = Webhook.objects.filter(pk=trigger.pk).first()
    if webhook is None:
        return {}
    return {name: getattr(webhook, name) for name in FIELDS} | {"is_signed": bool(webhook.secret)}
