"""Signs of life of many runs at once: begun, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from flows import doorbell
from flows.choices import ExecutionStatus
from flows.services import leases
from rdos.kernel import dialect, prepared


@dataclass(frozen=True, slots=True)
class Sign:
    execution_id: UUID
    robot_key: str
    fence: int | None
    # None is only that it was begun.
    progress: int | None = None
    current_node: str = ""
    message: str = ""


@transaction.atomic
def note(signs: Sequence[Sign], at: datetime) -> None:
    """Whose run it is not, their word changes nothing."""
    noted = [one for sign in signs if (one := _note_one(sign))] if dialect.is_sqlite() else _note(signs)
    for pk in noted:
        doorbell.changed(pk)


def _note(signs: Sequence[Sign]) -> list[UUID]:
    columns = zip(
        *((s.execution_id, s.robot_key, s.fence, s.progress, s.current_node, s.message) for s in signs), strict=True
    )
    with prepared.cursor() as cursor:
        cursor.execute(NOTE, dict(zip(COLUMNS, map(list, columns), strict=True)))
        return [pk for (pk,) in cursor.fetchall()]


COLUMNS = ("ids", "keys", "fences", "progresses", "nodes", "messages")
NOTE = """
    UPDATE flows_execution e SET
        status = 'running', started_at = COALESCE(e.started_at, e.claimed_at),
        progress = COALESCE(v.progress, e.progress),
        current_node = CASE WHEN v.progress IS NULL THEN e.current_node ELSE v.node END,
        message = CASE WHEN v.progress IS NULL THEN e.message ELSE v.message END
    FROM unnest(
        %(ids)s::uuid[], %(keys)s::text[], %(fences)s::int[], %(progresses)s::int[], %(nodes)s::text[],
        %(messages)s::text[]
    ) AS v (id, robot_key, fence, progress, node, message)
    WHERE e.id = v.id AND e.robot_key = v.robot_key AND e.fence = COALESCE(v.fence, e.fence)
        AND e.status IN ('claimed', 'running')
    RETURNING e.id
"""


def _note_one(sign: Sign) -> UUID | None:
    """The same where one writer at a time has the whole database."""
    said = {"progress": sign.progress, "current_node": sign.current_node, "message": sign.message}
    begun = {"status": ExecutionStatus.RUNNING, "started_at": Coalesce(F("started_at"), F("claimed_at"))}
    mine = leases.mine(sign.execution_id, sign.robot_key, sign.fence)
    return sign.execution_id if mine.update(**begun, **(said if sign.progress is not None else {})) else None
