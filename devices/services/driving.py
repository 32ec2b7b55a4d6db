"""Who drives which robot: one at a time, for as long as a process says so."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.access import allows
from devices.access import sees
from devices.choices import DriveEnd
from devices.errors import AlreadyDriven, CannotBeDriven, NodeExpired, StandsLatched
from devices.hal import motion
from devices.hal.motion import STANDSTILL, Speeds
from devices.models import BusNode, DriveSession, Node
from devices.services import actions
from devices.services.standstill import repeater
from rdos.kernel.actors import Actor
from rdos.kernel.bells import ring_on_commit
from rdos.kernel.journal import SYSTEM, Who, record, row_of

# Renewed every second. A process that was silent for so long drives nobody any more.
LEASE = timedelta(seconds=3)
MOST_SWEPT = 1000
OPEN = DriveSession.objects.filter(ended_at=None)
MOVE = {"type": motion.COMMAND, "linear": STANDSTILL.linear, "angular": STANDSTILL.angular}


def bell(session_id: UUID) -> str:
    return f"drive.{session_id}"


def insist_drivable(actor: Actor, node: Node, at: datetime) -> BusNode:
    found = BusNode.objects.filter(node=node).first()
    if found is None or not can_move(found):
        raise CannotBeDriven
    if node.is_expired(at):
        raise NodeExpired
    actions.insist_allowed(actor, node, MOVE)
    if found.latched_at is not None:
        raise StandsLatched
    return found


def can_move(node: BusNode) -> bool:
    return motion.has_wheels(node.kind, [*node.capabilities, *node.said_capabilities])


def may_drive(actor: Actor, node: Node, bus: BusNode | None) -> bool:
    """Whether there is a wheel for them at all. What keeps the robot from moving now is said there."""
    return bus is not None and can_move(bus) and allows(actor, "motion.drive") and sees(actor, node.pk)


def begin(*, actor: Actor, node: Node, limits: Speeds, at: datetime, take_over: bool = False) -> DriveSession:
    insist_drivable(actor, node, at)
    with transaction.atomic():
        mine = OPEN.filter(node=node)
        _end(mine.filter(lease_until__lte=at), DriveEnd.ABANDONED, at)
        if take_over:
            _end(mine, DriveEnd.TAKEN_OVER, at, who=actor.who)
        session = _opened(actor, node, limits, at)
        details = {"session_id": session.pk, "linear_limit": limits.linear, "angular_limit": limits.angular}
        record(who=actor.who, action="drive.begin", about=row_of(node), details=details)
    # What is still said of an earlier stop would only make it stutter.
    repeater.leave(node.key)
    return session


def _opened(actor: Actor, node: Node, limits: Speeds, at: datetime) -> DriveSession:
    who = actor.who
    session = DriveSession(
        node=node,
        linear_limit=limits.linear,
        angular_limit=limits.angular,
        lease_until=at + LEASE,
        driver_kind=who.kind,
        driver_id=who.id[:128],
        driver_label=who.label[:200],
    )
    try:
        with transaction.atomic():
            session.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(node) from error
    return session


def _taken(node: Node) -> AlreadyDriven:
    driver = OPEN.filter(node=node).values_list("driver_label", flat=True).first()
    return AlreadyDriven(f"{driver} drives this node.", extra={"driver": driver}) if driver else AlreadyDriven()


def look(*, session_id: UUID, actor: Actor | None, at: datetime) -> DriveEnd | None:
    """Whether it may go on; then its lease is renewed. Else why not."""
    session = DriveSession.objects.select_related("node").filter(pk=session_id).first()
    if session is None or session.ended_at is not None:
        return DriveEnd(session.ended_because) if session else DriveEnd.NO_LONGER
    if actor is None or not _may_go_on(actor, session.node, at):
        return DriveEnd.NO_LONGER
    if BusNode.objects.filter(node=session.node, latched_at__isnull=False).exists():
        return DriveEnd.LATCHED
    if OPEN.filter(pk=session_id).update(lease_until=at + LEASE):
        return None
    session.refresh_from_db()
    return DriveEnd(session.ended_because)


def _may_go_on(actor: Actor, node: Node, at: datetime) -> bool:
    may = allows(actor, "motion.drive") and sees(actor, node.pk) and node.on_bus and not node.is_expired(at)
    return may and actions.refusal(actor, node, MOVE) is None


def end(*, session_id: UUID, because: DriveEnd, who: Who, at: datetime) -> bool:
    with transaction.atomic():
        return bool(_end(OPEN.filter(pk=session_id), because, at, who=who))


def end_all(nodes: QuerySet[Node], because: DriveEnd, who: Who, at: datetime) -> int:
    return len(_end(OPEN.filter(node__in=nodes.values("pk")), because, at, who=who))


def sweep(at: datetime) -> int:
    """Whose process is gone without a word: their robots are stopped in its stead."""
    with transaction.atomic():
        late = OPEN.filter(lease_until__lte=at).order_by("lease_until")[:MOST_SWEPT]
        chosen = list(late.values_list("pk", flat=True))
        ended = _end(OPEN.filter(pk__in=chosen, lease_until__lte=at), DriveEnd.ABANDONED, at)
    repeater.begin([session.node.key for session in ended])
    return len(ended)


def _end(rows: QuerySet[DriveSession], because: DriveEnd, at: datetime, who: Who = SYSTEM) -> Sequence[DriveSession]:
    """Each by a guarded update: two who end it at once write one entry."""
    ended = []
    for session in rows.select_related("node"):
        if OPEN.filter(pk=session.pk).update(ended_at=at, ended_because=because):
            ended.append(session)
            details = {"session_id": session.pk, "driver": session.driver_label, "because": because}
            record(who=who, action="drive.end", about=row_of(session.node), details=details)
            ring_on_commit(bell(session.pk), because)
    return ended
