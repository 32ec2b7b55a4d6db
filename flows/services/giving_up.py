"""A robot will not go on with a run: it rejects it for another to have, or ends it for good."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from flows.models import Execution
from flows.services import executions, leases


@transaction.atomic
def reject(*, pk: UUID, robot_key: str, fence: int | None, at: datetime) -> bool:
    """Back to the queue, and never again to this robot. False when it was not the robot's any more."""
    execution = leases.mine(pk, robot_key, fence).select_for_update(of=("self",)).first()
    if execution is None or execution.node_id is None:
        return False
    Execution.objects.filter(pk=pk).update(rejected_by=[*(execution.rejected_by or ()), execution.node_id.hex])
    leases.release(pk=pk, robot_key=robot_key, at=at, fence=fence)
    return True


@transaction.atomic
def end(*, pk: UUID, robot_key: str, fence: int | None, at: datetime, reason: str) -> bool:
    held = leases.mine(pk, robot_key, fence).select_for_update(of=("self",)).exists()
    return held and executions.end_by_hand(pk=pk, at=at, reason=reason)


@transaction.atomic
def hand_back(*, pk: UUID, robot_key: str, fence: int, at: datetime) -> None:
    """It was taken for a robot that is not there any more, and that has never heard of it."""
    if leases.mine(pk, robot_key, fence).select_for_update(of=("self",)).exists():
        leases.release(pk=pk, robot_key=robot_key, at=at, fence=fence)
