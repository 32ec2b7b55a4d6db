"""How a rollout ends before it has come through: aborted, or gone back."""

from datetime import datetime, timedelta
from typing import Any

from devices.models import Node
from devices.services import commands
from devices.services.operations import NEEDED
from flows.choices import RolloutStatus, TargetStatus
from flows.models import Deployment, Rollout, RolloutTarget
from flows.services import deploying
from flows.services.rollout_moves import move
from flows.services.rollout_telling import BATCH, settle, want
from rdos.kernel.actors import Actor
from rdos.kernel.journal import SYSTEM, Who

ENDED = "The rollout has ended."


def abort(rollout: Rollout, reason: str, at: datetime, *, who: Who = SYSTEM) -> None:
    """What the nodes have, they keep; what has not left does not leave."""
    _take_back(rollout, at)
    move(rollout, RolloutStatus.ABORTED, at, who=who, status_reason=reason)


def _take_back(rollout: Rollout, at: datetime) -> None:
    mine = Deployment.objects.filter(rollout=rollout, wanted_id=rollout.version_id)
    as_before = deploying.take_back(mine, at)
    nodes = Deployment.objects.filter(pk__in=as_before).values("node_id")
    targets = RolloutTarget.objects.filter(rollout=rollout)
    ended: dict[str, Any] = {"reason": ENDED, "letter_id": None, "settled_at": at}
    targets.filter(status=TargetStatus.PLANNED).update(status=TargetStatus.CANCELLED, **ended)
    unanswered = (TargetStatus.SENT, TargetStatus.DEFERRED)
    targets.filter(node_id__in=nodes, status__in=unanswered).update(status=TargetStatus.CANCELLED, **ended)


def revert(rollout: Rollout, actor: Actor, reason: str, at: datetime, *, who: Who = SYSTEM) -> None:
    """Every node that has it, or may have it, goes back to what it had before."""
    _take_back(rollout, at)
    until = at + timedelta(seconds=rollout.wave_seconds)
    move(rollout, RolloutStatus.REVERTING, at, who=who, deadline_at=until, status_reason=reason)
    wanted = Deployment.objects.filter(rollout=rollout, wanted_id=rollout.version_id).values("node_id")
    told = (TargetStatus.SENT, TargetStatus.DEFERRED, TargetStatus.SUCCEEDED, TargetStatus.FAILED)
    mine = RolloutTarget.objects.filter(rollout=rollout, status__in=told, node_id__in=wanted)
    _tell_back(rollout, actor, list(mine.select_related("former").order_by("pk")), at)
    go_back(rollout, at)


def _tell_back(rollout: Rollout, actor: Actor, targets: list[RolloutTarget], at: datetime) -> None:
    nodes = Node.objects.only(*NEEDED).in_bulk([target.node_id for target in targets])
    of = {nodes[target.node_id]: target.former for target in targets if target.node_id in nodes}
    if not of:
        return
    found, passed_by = want(rollout, actor, of, commands.TIME_TO_LIVE, at, force=True)
    rows = {row.node_id: row for row in found}
    for target in targets:
        row = rows.get(target.node_id)
        if row is None:
            settle(target, TargetStatus.FAILED, f"It did not go back. {passed_by.get(target.node_id, '')}", at)
        elif row.letter_id is None:
            settle(target, TargetStatus.REVERTED, "", at)
        else:
            target.status, target.letter_id, target.settled_at = TargetStatus.REVERTING, row.letter_id, None
    RolloutTarget.objects.bulk_update(targets, ["status", "reason", "letter_id", "settled_at"], batch_size=BATCH)


def go_back(rollout: Rollout, at: datetime) -> None:
    under_way = RolloutTarget.objects.filter(rollout=rollout, status=TargetStatus.REVERTING).count()
    if not under_way:
        move(rollout, RolloutStatus.REVERTED, at, status_reason=rollout.status_reason)
    elif rollout.deadline_at is not None and rollout.deadline_at <= at:
        reason = f"{rollout.status_reason} {under_way} nodes have not gone back yet; they are told when they return."
        move(rollout, RolloutStatus.ABORTED, at, status_reason=reason[:1000])
