"""A wave of a rollout is told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from devices.access import sees
from devices.models import Node
from devices.services import commands
from devices.services.operations import NEEDED
from flows.choices import TargetStatus, WhenAway
from flows.models import Deployment, Flow, FlowVersion, Rollout, RolloutTarget
from flows.services import deploying
from flows.services.deploying import Wish
from flows.services.rollout_moves import owner_of, pause, wave_of
from rdos.kernel.actors import Actor
from rdos.kernel.journal import SYSTEM, record, row_of

BATCH = 1000
OFFLINE = "The node is offline."
DEFERRED = "The node is offline; it is told when it returns."
UNSEEN = "Whoever began the rollout does not see this node any more."
NO_RIGHTS = "Whoever began the rollout may not deploy this flow any more."


def send(rollout: Rollout, at: datetime) -> bool:
    """Tells those of the wave who were not told yet. False when it had to stop instead."""
    owner = owner_of(rollout)
    if owner is None:
        pause(rollout, NO_RIGHTS, at)
        return False
    planned = list(wave_of(rollout).filter(status=TargetStatus.PLANNED).order_by("pk"))
    nodes = Node.objects.only(*NEEDED).in_bulk([target.node_id for target in planned])
    told, away = [], []
    for target in planned:
        node = nodes.get(target.node_id)
        if node is None or not sees(owner, node.pk):
            settle(target, TargetStatus.SKIPPED, UNSEEN, at)
        elif node.is_reachable or rollout.when_away == WhenAway.WAIT:
            told.append(target)
        elif rollout.when_away == WhenAway.SKIP:
            settle(target, TargetStatus.SKIPPED, OFFLINE, at)
        else:
            away.append(target)
    lives = timedelta(seconds=rollout.wave_seconds)
    _tell(rollout, owner, told, nodes, TargetStatus.SENT, lives, at)
    _tell(rollout, owner, away, nodes, TargetStatus.DEFERRED, max(lives, commands.TIME_TO_LIVE), at)
    fields = ["status", "reason", "letter_id", "former", "sent_at", "settled_at"]
    RolloutTarget.objects.bulk_update(planned, fields, batch_size=BATCH)
    facts = {"wave": rollout.wave + 1, "told": len(told), "away": len(away), "version": rollout.version.number}
    record(who=SYSTEM, action="rollout.wave", about=row_of(rollout), details=facts)
    return True


def _tell(
    rollout: Rollout,
    owner: Actor,
    targets: list[RolloutTarget],
    nodes: dict[UUID, Node],
    status: TargetStatus,
    lives: timedelta,
    at: datetime,
) -> None:
    of: dict[Node, FlowVersion | None] = {nodes[target.node_id]: rollout.version for target in targets}
    found, passed_by = want(rollout, owner, of, lives, at, force=rollout.force) if of else ([], {})
    rows = {row.node_id: row for row in found}
    for target in targets:
        row = rows.get(target.node_id)
        if row is None:
            settle(target, TargetStatus.SKIPPED, passed_by[target.node_id], at)
            continue
        target.status, target.letter_id, target.sent_at = status, row.letter_id, at
        target.former, target.settled_at = row.present, None
        target.reason = DEFERRED if status == TargetStatus.DEFERRED else ""


def settle(target: RolloutTarget, status: TargetStatus, reason: str, at: datetime) -> None:
    target.status, target.reason, target.settled_at = status, reason[:1000], at


def want(
    rollout: Rollout,
    actor: Actor,
    of: Mapping[Node, FlowVersion | None],
    lives: timedelta,
    at: datetime,
    *,
    force: bool,
) -> tuple[list[Deployment], dict[UUID, str]]:
    flow = Flow.objects.select_for_update(no_key=True).get(pk=rollout.flow_id)
    wish = Wish(actor=actor, flow=flow, of=dict(of), at=at, ttl=lives, force=force, rollout=rollout)
    found, passed_by = deploying.want(wish)
    return found, {UUID(one["node_id"]): one["reason"] for one in passed_by}
