"""Robots on a socket: who speaks for one, which runs it keeps, and what becomes of them when the wire breaks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.models import Node
from devices.services import polled
from flows.choices import HELD, RobotStatus
from flows.doorbell import of_robot
from flows.models import Execution, Robot
from flows.services import leases, robots
from flows.services.dispatching import LEASE
from rdos.kernel import dialect, prepared
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit


@dataclass(frozen=True, slots=True)
class Entered:
    node_id: UUID
    max_concurrent: int
    # What it had in hand before, with the fence of each.
    held: Mapping[UUID, int]


@dataclass(frozen=True, slots=True)
class Heartbeat:
    node_id: UUID
    status: str
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    node_id: UUID
    session_id: UUID
    reason: str
    # It said goodbye, so that its runs need not wait for it.
    for_good: bool


@transaction.atomic
def enter(*, actor: Actor, session_id: UUID, fields: Mapping[str, Any] | None, at: datetime) -> Entered:
    """The newest connection speaks for the robot; whoever did so before hears that from the bell."""
    if fields is None:
        robot = robots.robot_of(key=actor.id, at=at, who=actor.who, address=actor.address)
    else:
        robot = robots.register(actor=actor, key=actor.id, fields=fields, at=at)
    Robot.objects.filter(pk=robot.pk).update(session_id=session_id)
    ring_on_commit(of_robot(actor.id), f"session {session_id}")
    mine = Execution.objects.filter(node_id=robot.pk, robot_key=actor.id, status__in=HELD)
    held = dict(mine.select_for_update(no_key=True).order_by("id").values_list("pk", "fence"))
    # It has come back in time.
    mine.filter(pk__in=list(held)).update(lease_until=at + LEASE)
    return Entered(robot.pk, robot.max_concurrent, held)


def part(parts: Sequence[Part], at: datetime) -> None:
    """Its runs are kept for the grace, because it may come back to them."""
    for one in parts:
        _part(one, at)


@transaction.atomic
def _part(one: Part, at: datetime) -> None:
    mine = Robot.objects.filter(pk=one.node_id, session_id=one.session_id)
    if not mine.update(session_id=None):
        return
    robot = Robot.objects.select_related("node").get(pk=one.node_id)
    polled.leave(robot.node, at, one.reason)
    if one.for_good:
        leases.release_all(robot_key=robot.node.key, at=at)


def standing(node_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID | None, int]]:
    """Which session speaks for each robot, and how much it may have at once; a robot that is gone is not in it."""
    rows = Robot.objects.filter(pk__in=node_ids).values_list("pk", "session_id", "max_concurrent")
    return {pk: (session_id, most) for pk, session_id, most in rows}


def renew(held: Mapping[UUID, int], at: datetime) -> set[UUID]:
    """Those that are still in hand. What is missing was cancelled, timed out or given to somebody else."""
    if dialect.is_sqlite():
        return {pk for pk, fence in held.items() if _held(pk, fence).update(lease_until=at + LEASE)}
    with transaction.atomic(), prepared.cursor() as cursor:
        leases.hold(held)
        cursor.execute(RENEW, {"ids": list(held), "fences": list(held.values()), "lease_until": at + LEASE})
        return {pk for (pk,) in cursor.fetchall()}


RENEW = """
    UPDATE flows_execution e SET lease_until = %(lease_until)s
    FROM unnest(%(ids)s::uuid[], %(fences)s::int[]) AS v (id, fence)
    WHERE e.id = v.id AND e.fence = v.fence AND e.status IN ('claimed', 'running')
    RETURNING e.id
"""


def _held(pk: UUID, fence: int) -> Any:
    return Execution.objects.filter(pk=pk, fence=fence, status__in=HELD)


def note_heartbeats(said: Mapping[UUID, Heartbeat], at: datetime) -> None:
    rows = Robot.objects.select_related("node").filter(pk__in=list(said))
    for robot in rows:
        one = said[robot.pk]
        polled.heard(robot.node, at)
        robots.note_heartbeat(robot=robot, metrics=one.metrics, at=at)
        if one.status and one.status != robot.status and robot.status != RobotStatus.MAINTENANCE:
            robots.change_status(robot=robot, status=one.status, at=at)


def note_seen(node_ids: Sequence[UUID], at: datetime) -> None:
    """Robots that were heard, whatever they said."""
    Node.objects.filter(pk__in=node_ids, session_id=None).update(last_seen_at=at)
