"""What people do with a rollout: begin it, hold it, let it go on, end it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.access import require
from devices.access import sees, sees_everything
from devices.errors import OutsideYourNodes
from devices.models import Node, NodeGroup
from devices.queries import members
from flows.access import flows_for, rollout_for, targets_for
from flows.choices import Gate, OnFailure, RolloutStatus, TargetStatus, WhenAway
from flows.errors import NothingToRun, RolloutUnderWay
from flows.models import Flow, FlowVersion, Rollout, RolloutTarget
from flows.services import rollout_ends, rollout_moves, rollout_steps, targets, waves
from flows.services.rollout_telling import BATCH
from flows.services.targets import Choice, Chosen
from rdos.kernel.actors import Actor
from rdos.kernel.errors import InvalidInput
from rdos.kernel.journal import record, row_of
from rdos.kernel.lifecycle import WrongState

WAVE_SECONDS, GATE_SECONDS = 3600, 7 * 86_400
BY_HAND = "By {}."
UNSEEN = "The rollout reaches nodes that you do not see."


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a version goes to its nodes."""

    waves: Sequence[Mapping[str, Any]] = ()
    gate: str = Gate.AUTO
    success_threshold: int = 100
    failure_threshold: int = 0
    on_failure: str = OnFailure.PAUSE
    when_away: str = WhenAway.DEFER
    wave_seconds: int = WAVE_SECONDS
    gate_seconds: int = GATE_SECONDS
    force: bool = False
    title: str = ""
    choice: Choice = field(default_factory=Choice)
    version: int | None = None


def create(*, actor: Actor, flow_id: UUID, plan: Plan, at: datetime) -> Rollout:
    require(actor, "flows.deploy")
    try:
        with transaction.atomic():
            rollout = _create(actor, _flow(actor, flow_id), plan, at)
            rollout_steps.advance(rollout.pk, at)
    except IntegrityError as error:
        # Somebody began another one at the same moment, or removed one of the nodes.
        raise RolloutUnderWay from error
    return rollout_for(actor, rollout.pk)


def _flow(actor: Actor, flow_id: UUID) -> Flow:
    """A body that names what is not there is wrong; the path is not."""
    flow = flows_for(actor).select_for_update(no_key=True).filter(pk=flow_id).first()
    if flow is None:
        raise InvalidInput(errors={"flow_id": ["There is no such flow."]})
    return flow


def _create(actor: Actor, flow: Flow, plan: Plan, at: datetime) -> Rollout:
    version, by_group = _version(flow, plan.version), _members(actor, plan)
    chosen = _chosen(actor, flow, plan, by_group)
    # Whoever is there goes first: a wave of absent nodes would prove nothing.
    ordered = sorted(chosen.nodes, key=lambda node: (not node.is_reachable, node.name, str(node.pk)))
    divided = waves.divide([node.pk for node in ordered], plan.waves, by_group, plan.gate)
    rollout = Rollout(
        id=uuid4(),
        flow=flow,
        version=version,
        title=(plan.title or f"{flow.name} v{version.number}")[:200],
        waves=[wave.facts for wave in divided],
        skipped=chosen.skipped,
        deadline_at=at + timedelta(seconds=plan.wave_seconds),
        wave_began_at=at,
        owner_id=actor.user_id,
        created_by_kind=actor.who.kind,
        created_by_id=actor.who.id[:128],
        created_by_label=actor.who.label[:200],
        **{name: getattr(plan, name) for name in KEPT},
    )
    rollout.save(force_insert=True)
    rows = [
        RolloutTarget(rollout=rollout, node_id=pk, wave=number)
        for number, wave in enumerate(divided)
        for pk in wave.nodes
    ]
    RolloutTarget.objects.bulk_create(rows, batch_size=BATCH)
    Flow.objects.filter(pk=flow.pk).update(deployed_at=at)
    facts = {"version": version.number, "waves": [len(wave.nodes) for wave in divided], **chosen.told}
    record(who=actor.who, action="rollout.create", about=row_of(rollout), details=facts)
    return rollout


KEPT = (
    *("success_threshold", "failure_threshold", "on_failure", "when_away", "wave_seconds", "gate_seconds", "force"),
)


def _version(flow: Flow, number: int | None) -> FlowVersion:
    if number is None:
        if flow.current is None:
            raise NothingToRun
        return flow.current
    version = FlowVersion.objects.filter(flow=flow, number=number).first()
    if version is None:
        raise InvalidInput(errors={"version": ["The flow has no such version."]})
    return version


def _members(actor: Actor, plan: Plan) -> dict[UUID, list[UUID]]:
    ids = [wave["group_id"] for wave in plan.waves if wave.get("group_id") is not None]
    groups = {group.pk: group for group in NodeGroup.objects.filter(pk__in=ids)}
    missing = [pk for pk in ids if pk not in groups]
    if missing:
        raise InvalidInput(errors={"waves": [f"There is no group {missing[0]}."]})
    return {pk: list(members(group, actor).values_list("pk", flat=True)) for pk, group in groups.items()}


def _chosen(actor: Actor, flow: Flow, plan: Plan, by_group: Mapping[UUID, list[UUID]]) -> Chosen:
    choice = plan.choice
    if choice.is_open and by_group:
        choice = Choice(node_ids=list(dict.fromkeys(pk for ids in by_group.values() for pk in ids)))
    if choice.is_open and not flow.target_nodes:
        raise InvalidInput(errors={"node_ids": ["Name the nodes; the flow has none of its own."]})
    chosen = targets.choose(actor, flow, choice)
    if not chosen.nodes:
        raise InvalidInput(errors={"node_ids": ["None of these nodes can be told."]})
    return chosen


def _held(actor: Actor, pk: UUID) -> Rollout:
    """Who steers it sees all of its nodes."""
    rollout_for(actor, pk, "flows.deploy")
    if not sees_everything(actor) and RolloutTarget.objects.filter(rollout_id=pk).exclude(
        pk__in=targets_for(actor).filter(rollout_id=pk).values("pk")
    ):
        raise OutsideYourNodes(UNSEEN)
    rollout = rollout_moves.held(pk)
    if rollout is None:
        raise AssertionError("A row that is there was held.")
    return rollout


@transaction.atomic
def pause(*, actor: Actor, pk: UUID, at: datetime, reason: str = "") -> Rollout:
    """What was told is told; no further wave begins."""
    rollout = _held(actor, pk)
    if rollout.status not in (RolloutStatus.RUNNING, RolloutStatus.WAITING):
        raise WrongState(present=rollout.status, wanted=RolloutStatus.PAUSED)
    rollout_moves.pause(rollout, reason or BY_HAND.format(actor.label), at, who=actor.who)
    return rollout


@transaction.atomic
def resume(*, actor: Actor, pk: UUID, at: datetime, retry: bool = False) -> Rollout:
    """With what went wrong excused; or told again, when that is wanted."""
    rollout = _held(actor, pk)
    if rollout.status != RolloutStatus.PAUSED:
        raise WrongState(present=rollout.status, wanted=RolloutStatus.RUNNING)
    wave = rollout_moves.wave_of(rollout)
    if retry:
        again = wave.filter(status__in=(TargetStatus.FAILED, TargetStatus.SKIPPED))
        again.update(status=TargetStatus.PLANNED, reason="", settled_at=None)
    else:
        wave.filter(status=TargetStatus.FAILED).update(excused=True)
    excused = rollout.excused_wave if retry else rollout.wave
    until = at + timedelta(seconds=rollout.wave_seconds)
    rollout_moves.move(
        rollout, RolloutStatus.RUNNING, at, who=actor.who, deadline_at=until, excused_wave=excused, status_reason=""
    )
    return _advanced(rollout, at)


@transaction.atomic
def proceed(*, actor: Actor, pk: UUID, at: datetime) -> Rollout:
    """Through the gate: the next wave."""
    rollout = _held(actor, pk)
    if rollout.status != RolloutStatus.WAITING:
        raise WrongState(present=rollout.status, wanted=RolloutStatus.RUNNING)
    rollout_moves.move(rollout, RolloutStatus.RUNNING, at, who=actor.who, status_reason="")
    rollout_moves.next_wave(rollout, at)
    return _advanced(rollout, at)


def _advanced(rollout: Rollout, at: datetime) -> Rollout:
    rollout_steps.advance(rollout.pk, at)
    rollout.refresh_from_db()
    return rollout


@transaction.atomic
def abort(*, actor: Actor, pk: UUID, at: datetime, rollback: bool = False, reason: str = "") -> Rollout:
    """What has not left does not leave. The nodes keep what they have, or go back to what they had."""
    rollout = _held(actor, pk)
    why = reason or BY_HAND.format(actor.label)
    ending = RolloutStatus.REVERTING if rollback else RolloutStatus.ABORTED
    if not _may_end(rollout, ending):
        raise WrongState(present=rollout.status, wanted=ending)
    if rollback:
        rollout_ends.revert(rollout, actor, why, at, who=actor.who)
    else:
        rollout_ends.abort(rollout, why, at, who=actor.who)
    rollout.refresh_from_db()
    return rollout


def _may_end(rollout: Rollout, ending: RolloutStatus) -> bool:
    under_way = (RolloutStatus.RUNNING, RolloutStatus.WAITING, RolloutStatus.PAUSED)
    return rollout.status in under_way or (rollout.status, ending) == (RolloutStatus.REVERTING, RolloutStatus.ABORTED)


def skipped_of(actor: Actor, rollout: Rollout) -> list[dict[str, Any]]:
    """Whom nobody could name has no id, and is shown to everybody."""
    if sees_everything(actor):
        return list(rollout.skipped)
    known = set(Node.objects.filter(pk__in=[one["node_id"] for one in rollout.skipped if one["node_id"]]))
    seen = {str(node.pk) for node in known if sees(actor, node.pk)}
    return [one for one in rollout.skipped if not one["node_id"] or one["node_id"] in seen]
