"""One flow on its way to nodes: what is wanted of each is written down, and told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q, QuerySet

from devices.choices import CommandStatus
from devices.models import Command, Node
from devices.services import commands
from flows import doorbell
from flows.choices import DEPLOYMENT_LIFE, DeploymentStatus, Drift, TargetStatus
from flows.models import Deployment, Flow, FlowVersion, Rollout, RolloutTarget
from flows.services import delivering
from flows.services.delivering import Parcel
from rdos.kernel.actors import Actor

# Nobody refused anything: when the node is back, it is told again, though not for ever.
SILENCE_CODES = frozenset({"expired", "no_answer", "connection_lost", "not_connected"})
SUPERSEDED = "Something else is wanted of the node meanwhile"
BATCH = 1000
UNANSWERED = (TargetStatus.SENT, TargetStatus.DEFERRED, TargetStatus.REVERTING)

Skipped = dict[str, str]
Rows = dict[UUID, Deployment]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted of one flow, and on whose behalf. The caller holds the flow's row."""

    actor: Actor
    flow: Flow
    # None: gone from there.
    of: Mapping[Node, FlowVersion | None]
    at: datetime
    ttl: timedelta = commands.TIME_TO_LIVE
    force: bool = False
    rollout: Rollout | None = None


def skipped(node_id: object, name: str, reason: str) -> Skipped:
    return {"node_id": str(node_id), "node_name": name, "reason": reason}


@transaction.atomic
def want(wish: Wish) -> tuple[list[Deployment], list[Skipped]]:
    """Who cannot be told is named with the reason, and keeps what was wanted of it before."""
    rows = _rows(_mine(wish, wish.of))
    told, passed_by = _sorted_out(wish, rows)
    unsent = _supersede(wish, told, rows)
    # Read once more, and held: what nodes said meanwhile counts.
    rows = _rows(_mine(wish, told).select_for_update(of=("self",)))
    _leave_rollouts(wish, rows)
    parcels = [parcel for parcel in _parcels(wish, told, rows) if not _never_left(wish, rows, parcel, unsent)]
    letters = _sent(parcels)
    _write(wish, parcels, rows, letters)
    return list(_mine(wish, told).select_related("node", "wanted", "present", "former")), passed_by


def _mine(wish: Wish, nodes: Any) -> QuerySet[Deployment]:
    return Deployment.objects.filter(flow=wish.flow, node__in=list(nodes)).order_by("pk")


def _rows(found: QuerySet[Deployment]) -> Rows:
    return {row.node_id: row for row in found}


def _sorted_out(wish: Wish, rows: Rows) -> tuple[list[Node], list[Skipped]]:
    told, passed_by = [], []
    for parcel in _parcels(wish, list(wish.of), rows):
        if reason := delivering.way_of(parcel.node).obstacle(wish.actor, parcel, wish.at):
            passed_by.append(skipped(parcel.node.pk, parcel.node.name, reason))
        else:
            told.append(parcel.node)
    return told, passed_by


def _parcels(wish: Wish, nodes: Sequence[Node], rows: Rows) -> list[Parcel]:
    cargoes = {one.pk: delivering.cargo_of(wish.flow, one) for one in {v for v in wish.of.values() if v is not None}}
    found = []
    for node in nodes:
        version, row = wish.of[node], rows.get(node.pk)
        parcel = Parcel(
            deployment_id=row.pk if row else uuid4(),
            node=node,
            flow=wish.flow,
            cargo=cargoes[version.pk] if version else None,
            placed_as=_placed_as(row, going=version is None),
            force=wish.force,
            expires_at=wish.at + wish.ttl,
            who=wish.actor.who,
        )
        found.append(parcel)
    return found


def _placed_as(row: Deployment | None, *, going: bool) -> str:
    """Taken away is also what may only have arrived; replaced is only what was there when the node was last heard."""
    if row is None:
        return ""
    is_there = row.present_id is not None and row.drift != Drift.MISSING
    return row.placed_as if going or is_there or row.drift == Drift.EXTRA else ""


def _supersede(wish: Wish, told: Sequence[Node], rows: Rows) -> set[UUID]:
    """Letters before rows, as whoever settles them takes them. The deployments whose letter never left."""
    mine = [rows[node.pk] for node in told if node.pk in rows]
    waiting = Command.objects.filter(
        serves__in=[row.pk for row in mine], purpose=delivering.PURPOSE, status=CommandStatus.QUEUED
    )
    return {one.serves for one in commands.cancel(waiting, wish.at, error=SUPERSEDED) if one.serves}


def _leave_rollouts(wish: Wish, rows: Rows) -> None:
    """Whoever waits for the letters of before waits in vain."""
    letters = [row.letter_id for row in rows.values() if row.letter_id]
    theirs = RolloutTarget.objects.filter(letter_id__in=letters, status__in=UNANSWERED)
    for rollout_id in set(theirs.values_list("rollout_id", flat=True)):
        doorbell.rollout_moved(rollout_id)
    theirs.update(status=TargetStatus.FAILED, reason=SUPERSEDED, letter_id=None, settled_at=wish.at)


def _never_left(wish: Wish, rows: Rows, parcel: Parcel, unsent: set[UUID]) -> bool:
    """What never was on its way need not be taken away."""
    row = rows.get(parcel.node.pk)
    if parcel.cargo is not None or row is None or row.present_id is not None or row.attempts > 1:
        return False
    return row.pk in unsent and forget(row.pk)


def forget(pk: UUID) -> bool:
    """Nothing of the flow is on the node, and nothing is wanted there."""
    gone: dict[str, Any] = {"wanted": None, "present": None, "letter_id": None, "deadline_at": None, "attempts": 0}
    cleared: dict[str, Any] = {"error": "", "error_code": "", "drift": "", "drifted_at": None, "reported_number": None}
    return DEPLOYMENT_LIFE.try_move(Deployment, pk, to=DeploymentStatus.REMOVED, **gone, **cleared)


@transaction.atomic
def take_back(rows: QuerySet[Deployment], at: datetime) -> set[UUID]:
    """What has not left is not wanted any more, nor what nobody heard. The deployments that are as they were before."""
    letters = Command.objects.filter(
        serves__in=rows.values("pk"), purpose=delivering.PURPOSE, status=CommandStatus.QUEUED
    )
    unsent = {one.serves for one in commands.cancel(letters, at, error=SUPERSEDED)}
    held = rows.select_for_update(of=("self",)).order_by("pk")
    unheard = Q(status=DeploymentStatus.FAILED, error_code__in=SILENCE_CODES)
    found = held.filter(Q(pk__in=[pk for pk in unsent if pk], status=DeploymentStatus.PENDING) | unheard)
    return {row.pk for row in found if _as_before(row)}


def _as_before(row: Deployment) -> bool:
    if row.present_id is None:
        return forget(row.pk)
    settled: dict[str, Any] = {"letter_id": None, "deadline_at": None, "error": "", "error_code": "", "attempts": 0}
    return DEPLOYMENT_LIFE.try_move(
        Deployment, row.pk, to=DeploymentStatus.DEPLOYED, wanted_id=row.present_id, **settled
    )


def _sent(parcels: Sequence[Parcel]) -> dict[UUID, UUID]:
    """By deployment, the letter."""
    by_way: dict[delivering.Way, list[Parcel]] = {}
    for parcel in parcels:
        by_way.setdefault(delivering.way_of(parcel.node), []).append(parcel)
    pairs = [zip(some, way.send(some), strict=True) for way, some in by_way.items()]
    return {parcel.deployment_id: letter for pair in pairs for parcel, letter in pair}


def _write(wish: Wish, parcels: Sequence[Parcel], rows: Rows, letters: Mapping[UUID, UUID]) -> None:
    fresh = []
    for parcel in parcels:
        version, row = wish.of[parcel.node], rows.get(parcel.node.pk)
        facts = _facts(wish, parcel, version, letters[parcel.deployment_id])
        if row is None:
            mine = Deployment(pk=parcel.deployment_id, flow=wish.flow, node=parcel.node, attempts=1)
            fresh.append(_with(mine, facts | {"status": DeploymentStatus.PENDING}))
            continue
        former: dict[str, Any] = {"former": row.present} if version and row.present_id not in (None, version.pk) else {}
        to = DeploymentStatus.PENDING if version else DeploymentStatus.REMOVING
        DEPLOYMENT_LIFE.move(Deployment, row.pk, to=to, attempts=row.attempts + 1, **facts, **former)
    Deployment.objects.bulk_create(fresh, batch_size=BATCH)


def _with(row: Deployment, facts: Mapping[str, Any]) -> Deployment:
    for name, value in facts.items():
        setattr(row, name, value)
    return row


def _facts(wish: Wish, parcel: Parcel, version: FlowVersion | None, letter: UUID) -> dict[str, Any]:
    who = wish.actor.who
    return {
        "wanted": version,
        "placed_as": parcel.cargo.name if parcel.cargo else parcel.placed_as,
        "wanted_at": wish.at,
        "wanted_by_kind": who.kind,
        "wanted_by_id": who.id[:128],
        "wanted_by_label": who.label[:200],
        "letter_id": letter,
        "deadline_at": parcel.expires_at,
        "rollout": wish.rollout,
        "error": "",
        "error_code": "",
    }
