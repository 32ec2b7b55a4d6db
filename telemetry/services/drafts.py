"""What the hub tells of itself: single events, and events that count how often they happened."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Field

from rdos.kernel.journal.storable import text
from telemetry.models import Event
from telemetry.models.event import LONGEST_CATEGORY, LONGEST_MESSAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An event to be. With a group key it joins the row of that key; `{times}` in its message is then the count."""

    node_id: UUID | None
    severity: str
    category: str
    message: str
    at: datetime
    action: str
    details: Any = None
    group_key: str = ""
    times: int = 1


# The count is added in the database: two that join at once are both counted.
JOIN = """
INSERT INTO telemetry_event ({columns}, message) VALUES ({values}, REPLACE(%s, '{{times}}', %s))
ON CONFLICT (group_key) WHERE group_key > '' DO UPDATE SET
    times = telemetry_event.times + excluded.times,
    message = REPLACE(%s, '{{times}}', CAST(telemetry_event.times + excluded.times AS text)),
    last_at = CASE WHEN excluded.last_at > telemetry_event.last_at
        THEN excluded.last_at ELSE telemetry_event.last_at END
"""


def keep(drafts: Iterable[Draft]) -> None:
    singles: list[Event] = []
    groups: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.group_key:
            groups.setdefault(draft.group_key, []).append(draft)
        else:
            singles.append(Event(**_fields(draft), message=_message(draft)))
    Event.objects.bulk_create(singles)
    # In one order, so that two processes never wait for each other.
    for key in sorted(groups):
        _join(groups[key])


def _join(drafts: list[Draft]) -> None:
    whole = replace(drafts[0], times=sum(draft.times for draft in drafts))
    fields = _fields(whole) | {"last_at": max(draft.at for draft in drafts)}
    prepared = {name: _prepared(name, value) for name, value in fields.items()}
    statement = JOIN.format(columns=", ".join(prepared), values=", ".join(["%s"] * len(prepared)))
    message = _message(whole)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*prepared.values(), message, str(whole.times), message])


def _fields(draft: Draft) -> dict[str, Any]:
    return {
        "node_id": draft.node_id,
        "severity": draft.severity,
        "category": text(draft.category, LONGEST_CATEGORY),
        "details": draft.details,
        "action": draft.action,
        "created_at": draft.at,
        "last_at": draft.at,
        "group_key": draft.group_key,
        "times": draft.times,
        "acknowledged": False,
    }


def _message(draft: Draft) -> str:
    return text(draft.message, LONGEST_MESSAGE)


def _prepared(name: str, value: Any) -> Any:
    """As this database takes it."""
    return cast("Field[Any, Any]", Event._meta.get_field(name)).get_db_prep_save(value, connection)
