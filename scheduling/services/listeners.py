"""The event triggers that are switched on, as they are asked about every entry of the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.authentication import actor_of_user
from accounts.models import User
from flows.interpreter.bounds import Bounds
from flows.interpreter.expressions import parse, value_of
from flows.interpreter.tree import Part
from rdos.kernel.actors import Actor
from scheduling.choices import TriggerKind
from scheduling.models import Trigger
from scheduling.patterns import Index
from scheduling.services.happenings import Happening

BOUNDS = Bounds(text=100_000, items=10_000, total=1_000_000)
# How long a chain of runs may become, each started by what became of the one before.
LONGEST_CHAIN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    trigger_id: UUID
    owner_id: UUID | None
    has_owner: bool
    enabled_at: datetime
    actions: Sequence[str]
    severities: Sequence[str]
    labels: dict[str, str]
    condition: str
    debounce_seconds: int
    per_minute: int | None
    # Nobody: it is a key's of the hub, which sees everything, or its owner is gone, and the gates will say so.
    actor: Actor | None

    def heeds(self, happening: Happening) -> bool:
        """An InterpreterError tells what is wrong with the condition."""
        return (
            # What was before it was switched on is nobody's wish.
            happening.entry.at > self.enabled_at
            and not self._began(happening)
            and (not self.severities or happening.severity in self.severities)
            and (not self.labels or _has(happening.node, self.labels))
            and (self.actor is None or happening.is_seen_by(self.actor))
            and (not self.condition or bool(value_of(_parsed(self.condition), happening.event, BOUNDS)))
        )

    def _began(self, happening: Happening) -> bool:
        return len(happening.chain) >= LONGEST_CHAIN or str(self.trigger_id) in happening.chain


def _has(node: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    return node is not None and all(node["labels"].get(name) == value for name, value in labels.items())


@lru_cache(maxsize=4096)  # the interpreter keeps but a few of its own
def _parsed(condition: str) -> Part:
    return parse(condition)


def switched_on() -> QuerySet[Trigger]:
    return Trigger.objects.filter(kind=TriggerKind.EVENT, is_enabled=True)


COLUMNS = ("actions", "severities", "labels", "condition", "debounce_seconds", "per_minute")


def index() -> Index[Listener]:
    names = ("pk", "owner_id", "has_owner", "enabled_at", *(f"event_filter__{name}" for name in COLUMNS))
    rows = list(switched_on().filter(event_filter__isnull=False).values_list(*names))
    actors = _actors({row[1] for row in rows if row[1]})
    found = (_listener(row, actors) for row in rows)
    return Index((listener.actions, listener) for listener in found)


def _listener(row: tuple[Any, ...], actors: dict[UUID, Actor]) -> Listener:
    pk, owner_id, has_owner, enabled_at, *own = row
    return Listener(
        trigger_id=pk,
        owner_id=owner_id,
        has_owner=has_owner,
        enabled_at=enabled_at,
        actor=actors.get(owner_id) if owner_id else None,
        **dict(zip(COLUMNS, own, strict=True)),
    )


def _actors(ids: set[UUID]) -> dict[UUID, Actor]:
    return {user.pk: actor_of_user(user) for user in User.objects.filter(pk__in=ids)}
