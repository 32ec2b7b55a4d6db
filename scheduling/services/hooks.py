"""A webhook with all that its call needs to know of trigger, flow and owner: one read, by token or by id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet
from django.utils.crypto import constant_time_compare

from accounts.authentication import USER_FACTS
from accounts.models import User
from flows.models import Flow
from rdos.kernel.clock import Now
from rdos.kernel.compiled import ID, WORD, CompiledRow
from scheduling.errors import NoProof, WebhookNotFound
from scheduling.models import Trigger, Webhook
from scheduling.services.webhooks import digest

WEBHOOK_FACTS = tuple(field.attname for field in Webhook._meta.concrete_fields if field.name != "token")
# In the order of the models' own fields, as `from_db` takes them.
TRIGGER_FACTS = (
    *("id", "flow_id", "kind", "name", "is_enabled", "owner_id", "has_owner", "priority", "environment"),
    *("enabled_at", "pause_after_failures"),
)
FLOW_FACTS = (
    *("id", "name", "runs_on", "status", "owner_id", "access", "current_id", "environment", "priority"),
    *("capabilities", "labels", "target_node_id", "max_concurrent", "timeout_seconds", "max_retries"),
)


@dataclass(frozen=True, slots=True)
class Hook:
    webhook: Webhook
    trigger: Trigger
    # The database's own, when it was looked up.
    at: datetime
    # Whoever calls has shown the token. Otherwise the signature says who they are.
    token_shown: bool = True


def _facts(rows: QuerySet[Webhook]) -> QuerySet[Any, tuple[Any, ...]]:
    return rows.values_list(
        *WEBHOOK_FACTS,
        *(f"trigger__{name}" for name in TRIGGER_FACTS),
        *(f"trigger__flow__{name}" for name in FLOW_FACTS),
        *(f"trigger__owner__{name}" for name in USER_FACTS),
        Now(),
    )


_by_digest = CompiledRow(WORD, lambda word: _facts(Webhook.objects.filter(token_digest=word)))
_by_trigger = CompiledRow(ID, lambda pk: _facts(Webhook.objects.filter(trigger_id=pk)))


def by_token(token: str) -> Hook:
    row = _by_digest.get(digest(token))
    if row is None:
        raise WebhookNotFound
    return _hook(row)


def by_id(pk: UUID, token: str) -> Hook:
    """Without a token only if its deliveries are signed, for an id is no secret."""
    row = _by_trigger.get(pk)
    if row is None:
        raise WebhookNotFound
    hook = _hook(row, token_shown=bool(token))
    shown = digest(token) if token else ""
    if not (constant_time_compare(shown, hook.webhook.token_digest) if token else hook.webhook.secret):
        raise NoProof
    return hook


def _hook(row: tuple[Any, ...], *, token_shown: bool = True) -> Hook:
    parts = iter(row)
    webhook = _made(Webhook, WEBHOOK_FACTS, parts)
    trigger = _made(Trigger, TRIGGER_FACTS, parts)
    trigger.flow = _made(Flow, FLOW_FACTS, parts)
    owner = _made(User, USER_FACTS, parts)
    trigger.owner = owner if trigger.owner_id else None
    return Hook(webhook, trigger, next(parts), token_shown)


def _made(model: Any, names: tuple[str, ...], parts: Any) -> Any:
    return model.from_db(DEFAULT_DB_ALIAS, names, [next(parts) for _ in names])
