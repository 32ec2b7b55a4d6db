"""A run in somebody's hands: kept, handed back, or taken away when its holder has fallen silent."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from devices.choices import CONNECTED
from flows import doorbell
from flows.choices import EXECUTION_LIFE, HELD, ExecutionStatus, RunsOn
from flows.errors import ExecutionNotFound, NotYours
from flows.models import Execution
from flows.services.settling import Settled, ended
from rdos.kernel import dialect, prepared

# At once; whoever calls comes again while there are as many.
MOST_SWEPT = 500
# How long a robot that is gone may take to come back to its runs.
GRACE = timedelta(seconds=10)
FELL_SILENT = "The lease expired: its robot has fallen silent"
TOO_LONG = "It ran longer than it may"
TOO_LATE = "It was not begun in time"


def extend(*, pk: UUID, robot_key: str, seconds: int, at: datetime, fence: int | None = None) -> None:
    """Also the first sign that the robot has begun."""
    _change(pk, robot_key, fence, lease_until=at + timedelta(seconds=seconds), **_begun(at))


def note_progress(
    *,
    pk: UUID,
    robot_key: str,
    progress: int,
    at: datetime,
    current_node: str = "",
    message: str = "",
    fence: int | None = None,
) -> None:
    said = {"progress": progress, "current_node": current_node[:256], "message": message[:500]}
    with transaction.atomic():
        if not mine(pk, robot_key, fence).update(**said, **_begun(at)):
            _refuse_progress(pk)
        doorbell.changed(pk)


def _refuse_progress(pk: UUID) -> None:
    """What nobody works on makes no progress, whoever asks."""
    if not Execution.objects.filter(pk=pk, status__in=HELD).exists():
        raise ExecutionNotFound(f"Job {pk} not found, or not running")
    raise NotYours


def begin(*, pk: UUID, robot_key: str, at: datetime, fence: int | None = None) -> None:
    with transaction.atomic():
        _change(pk, robot_key, fence, **_begun(at))
        doorbell.changed(pk)


def _begun(at: datetime) -> dict[str, Any]:
    return {"status": ExecutionStatus.RUNNING, "started_at": Coalesce(F("started_at"), F("claimed_at"))}


def hold(ids: Collection[UUID]) -> None:
    """Whoever changes several runs locks them in this order first, else two of them could wait for each other."""
    if len(ids) > 1 and not dialect.is_sqlite():
        with prepared.cursor() as cursor:
            cursor.execute(HOLD, [list(ids)])


HOLD = "SELECT 1 FROM flows_execution WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"


def mine(pk: UUID, robot_key: str, fence: int | None) -> QuerySet[Execution]:
    held = Execution.objects.filter(pk=pk, robot_key=robot_key, status__in=HELD)
    return held if fence is None else held.filter(fence=fence)


def _change(pk: UUID, robot_key: str, fence: int | None, **changes: Any) -> None:
    if not mine(pk, robot_key, fence).update(**changes):
        refuse(pk)


def refuse(pk: UUID) -> None:
    if not Execution.objects.filter(pk=pk).exists():
        raise ExecutionNotFound(f"Job {pk} not found")
    raise NotYours


FREE: Mapping[str, Any] = {"node": None, "lease_until": None, "ends_by": None}


@transaction.atomic
def release(*, pk: UUID, robot_key: str, at: datetime, fence: int | None = None) -> None:
    """Handed back untouched: it costs no retry, and the next one may have it at once."""
    if not mine(pk, robot_key, fence).update(status=ExecutionStatus.QUEUED, ready_at=at, started_at=None, **FREE):
        refuse(pk)
    doorbell.changed(pk)
    doorbell.room()


@transaction.atomic
def release_all(*, robot_key: str, at: datetime) -> int:
    """What a robot leaves behind, or is taken from it."""
    held = Execution.objects.filter(robot_key=robot_key, status__in=HELD).select_for_update().order_by("id")
    ids = list(held.values_list("pk", flat=True))
    _held(ids).update(status=ExecutionStatus.QUEUED, ready_at=at, started_at=None, **FREE)
    for pk in ids:
        doorbell.changed(pk)
        doorbell.cancelled(robot_key, pk)
    if ids:
        doorbell.room()
    return len(ids)


@transaction.atomic
def shorten_of_absent(at: datetime) -> int:
    """A robot that is gone keeps its runs for the grace only, whatever its leases say: it may come back in time."""
    until = at + GRACE
    gone = Q(node__isnull=False) & ~Q(node__status__in=CONNECTED)
    left = Execution.objects.filter(gone, status__in=HELD, lease_until__gt=until)
    ids = list(left.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    return _held(ids).filter(lease_until__gt=until).update(lease_until=until) if ids else 0


def sweep(at: datetime) -> int:
    """Moves on whatever has waited longer than its state allows."""
    return _requeue_silent(at) + _end_overdue(at) + _give_up_late(at) + _wake(at)


@transaction.atomic
def _requeue_silent(at: datetime) -> int:
    """A silent robot costs the run a retry; one that has none left has failed."""
    silent = Execution.objects.filter(status__in=HELD, lease_until__lte=at)
    rows = _taken(silent.order_by("lease_until"))
    again = [row for row in rows if row.retry_count < row.max_retries]
    over = [row for row in rows if row.retry_count >= row.max_retries]
    _held([row.pk for row in again]).update(
        status=ExecutionStatus.QUEUED, retry_count=F("retry_count") + 1, ready_at=at, started_at=None,
        error=FELL_SILENT, error_type="LeaseExpired", first_failed_at=Coalesce(F("first_failed_at"), at), **FREE,
    )  # fmt: skip
    _finish(over, ExecutionStatus.FAILED, FELL_SILENT, "LeaseExpired", at)
    for row in again:
        doorbell.changed(row.pk)
    if again:
        doorbell.room()
    return len(rows)


@transaction.atomic
def _end_overdue(at: datetime) -> int:
    rows = _taken(Execution.objects.filter(status__in=HELD, ends_by__lte=at).order_by("ends_by"))
    _finish(rows, ExecutionStatus.TIMED_OUT, TOO_LONG, "TimeoutError", at)
    for row in rows:
        doorbell.cancelled(row.robot_key, row.pk)
    return len(rows)


@transaction.atomic
def _give_up_late(at: datetime) -> int:
    waiting = (ExecutionStatus.QUEUED, ExecutionStatus.WAITING)
    rows = _taken(Execution.objects.filter(status__in=waiting, begin_by__lte=at).order_by("begin_by"))
    _finish(rows, ExecutionStatus.TIMED_OUT, TOO_LATE, "DeadlineExceeded", at)
    return len(rows)


@transaction.atomic
def _wake(at: datetime) -> int:
    due = Execution.objects.filter(status=ExecutionStatus.WAITING, wake_at__lte=at).order_by("wake_at")
    rows = _taken(due)
    woken = Execution.objects.filter(pk__in=[row.pk for row in rows], status=ExecutionStatus.WAITING)
    woken.update(status=ExecutionStatus.QUEUED, ready_at=at, wake_at=None)
    doorbell.for_workers([row.pk for row in rows if row.runs_on == RunsOn.HUB])
    for row in rows:
        doorbell.changed(row.pk)
    return len(rows)


def _taken(rows: QuerySet[Execution]) -> list[Execution]:
    """Two sweepers share the work, and neither waits for the other."""
    columns = ("status", "flow_id", "flow_name", "robot_key", "retry_count", "max_retries", "is_limited", "runs_on")
    return list(rows.select_for_update(skip_locked=True, of=("self",)).only(*columns)[:MOST_SWEPT])


def _held(ids: list[UUID]) -> QuerySet[Execution]:
    return Execution.objects.filter(pk__in=ids, status__in=HELD)


def _finish(rows: list[Execution], to: ExecutionStatus, error: str, error_type: str, at: datetime) -> None:
    Execution.objects.filter(pk__in=[row.pk for row in rows], status__in=sorted(EXECUTION_LIFE.sources(to))).update(
        status=to, error=error, error_type=error_type, completed_at=at, lease_until=None, ends_by=None, wake_at=None,
        first_failed_at=Coalesce(F("first_failed_at"), at),
    )  # fmt: skip
    ended(
        [Settled(row.pk, to.value, row.flow_id, row.flow_name, row.robot_key, error, row.is_limited) for row in rows],
        at,
    )
