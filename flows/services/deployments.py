"""What people do with a flow and nodes: deploy it, take it away, go back to what was there before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from devices.access import sees, within
from devices.models import Node
from devices.services import commands
from devices.services.operations import NEEDED
from flows.access import deployment_for, flow_for
from flows.choices import LIVE_DEPLOYMENTS, DeploymentStatus
from flows.errors import NoFormerVersion, NotDeployed, NothingToRun
from flows.models import AwaitedDeployment, Deployment, Flow, FlowVersion
from flows.services import awaiting, deploying, targets, versions
from flows.services.deploying import Skipped, Wish, skipped
from flows.services.targets import Choice
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of

NO_FORMER = "There is no former version on this node."
UNSEEN = "You do not see this node."


@dataclass(frozen=True, slots=True)
class Told:
    """What a verb came to: the nodes that are told, and those that are not, with the reason."""

    flow: Flow
    deployments: Sequence[Deployment]
    skipped: list[Skipped] = field(default_factory=list)
    awaited: Sequence[AwaitedDeployment] = ()


@transaction.atomic
def deploy(
    *,
    actor: Actor,
    pk: UUID,
    at: datetime,
    choice: Choice | None = None,
    version: int | None = None,
    ttl: timedelta = commands.TIME_TO_LIVE,
    force: bool = False,
) -> Told:
    """Again is always allowed: every node is told anew. One that the hub does not know yet is told when it is there."""
    flow = flow_for(actor, pk, "flows.deploy", hold=True)
    chosen = targets.choose(actor, flow, choice or Choice())
    wanted = version_of(flow, version)
    wish = Wish(actor=actor, flow=flow, of=dict.fromkeys(chosen.nodes, wanted), at=at, ttl=ttl, force=force)
    found, passed_by = deploying.want(wish)
    flow.deployed_at = at
    flow.save(update_fields=["deployed_at"])
    awaiting.forget_known(flow, [row.node_id for row in found])
    awaited = awaiting.remember(actor=actor, flow=flow, version=wanted, names=chosen.unknown, force=force, at=at)
    told = Told(flow, found, _but(chosen.skipped, {row.node_key for row in awaited}) + passed_by, awaited)
    _record(actor, "flow.deploy", told, version=wanted.number, force=force, **chosen.told)
    return told


def version_of(flow: Flow, number: int | None) -> FlowVersion:
    if number is not None:
        return versions.version_of(flow, number)
    if flow.current is None:
        raise NothingToRun
    return flow.current


@transaction.atomic
def undeploy(
    *,
    actor: Actor,
    pk: UUID,
    at: datetime,
    choice: Choice | None = None,
    ttl: timedelta = commands.TIME_TO_LIVE,
    force: bool = True,
) -> Told:
    """From wherever it really is, whatever the flow's targets are by now; or only from the nodes that are named."""
    flow = flow_for(actor, pk, "flows.deploy", hold=True)
    live = Deployment.objects.filter(flow=flow, status__in=LIVE_DEPLOYMENTS)
    if flow.deployed_at is None and not live.exists() and not awaiting.is_awaited(flow):
        raise NotDeployed
    missing: list[Skipped] = []
    if choice is None or choice.is_open:
        awaiting.forget(actor=actor, flow=flow)
    else:
        chosen = targets.choose(actor, flow, choice)
        gone = awaiting.forget(actor=actor, flow=flow, names=chosen.unknown)
        live, missing = live.filter(node__in=chosen.nodes), _but(chosen.skipped, gone)
    nodes, unseen = _seen(actor, live)
    wish = Wish(actor=actor, flow=flow, of=dict.fromkeys(nodes), at=at, ttl=ttl, force=force)
    found, passed_by = deploying.want(wish)
    _forget_whole(flow, whole=choice is None or choice.is_open)
    told = Told(flow, found, missing + unseen + passed_by)
    _record(actor, "flow.undeploy", told)
    return told


def _but(skipped: list[Skipped], names: set[str]) -> list[Skipped]:
    return [one for one in skipped if one["node_id"] or one["node_name"] not in names]


def is_wanted_anywhere(flow: Flow) -> bool:
    wanted = Deployment.objects.filter(flow=flow, status__in=LIVE_DEPLOYMENTS, wanted__isnull=False)
    return wanted.exists() or awaiting.is_awaited(flow)


def _forget_whole(flow: Flow, *, whole: bool) -> None:
    if whole or not is_wanted_anywhere(flow):
        flow.deployed_at = None
        flow.save(update_fields=["deployed_at"])


def _seen(actor: Actor, rows: Any) -> tuple[list[Node], list[Skipped]]:
    """Whose node the actor does not see stays as it is, and is not named."""
    found = Node.objects.filter(pk__in=rows.values("node_id")).only(*NEEDED).order_by("name", "id")
    nodes = list(found)
    return [one for one in nodes if sees(actor, one.pk)], [
        skipped("", "", UNSEEN) for one in nodes if not sees(actor, one.pk)
    ]


@transaction.atomic
def rollback(*, actor: Actor, pk: UUID, at: datetime, ttl: timedelta = commands.TIME_TO_LIVE) -> Told:
    """Every node goes back to the version that it had before."""
    flow = flow_for(actor, pk, "flows.deploy", hold=True)
    mine = Deployment.objects.filter(within(actor), flow=flow, status__in=LIVE_DEPLOYMENTS, wanted__isnull=False)
    rows = list(mine.select_related("former").order_by("pk"))
    nodes = {node.pk: node for node in _seen(actor, mine)[0]}
    of = {nodes[row.node_id]: _before(row) for row in rows if _before(row) is not None}
    if not of:
        raise NoFormerVersion
    found, passed_by = deploying.want(Wish(actor=actor, flow=flow, of=of, at=at, ttl=ttl, force=True))
    rest = [
        skipped(row.node_id, nodes[row.node_id].name, NO_FORMER)
        for row in rows
        if _before(row) is None and row.node_id in nodes
    ]
    flow.deployed_at = at
    flow.save(update_fields=["deployed_at"])
    told = Told(flow, found, rest + passed_by)
    _record(actor, "flow.rollback", told)
    return told


def _before(row: Deployment) -> FlowVersion | None:
    """What failed to come, or is on its way, has not replaced anything yet."""
    if row.present_id is not None and row.present_id != row.wanted_id:
        return row.present
    return row.former


@transaction.atomic
def retry(*, actor: Actor, pk: UUID, at: datetime, force: bool = False) -> Told:
    """The same again for one node."""
    row = deployment_for(actor, pk, "flows.deploy")
    flow = flow_for(actor, row.flow_id, "flows.deploy", hold=True)
    if row.status == DeploymentStatus.REMOVED:
        raise NotDeployed
    node = Node.objects.only(*NEEDED).get(pk=row.node_id)
    found, passed_by = deploying.want(Wish(actor=actor, flow=flow, of={node: row.wanted}, at=at, force=force))
    told = Told(flow, found, passed_by)
    _record(actor, "flow.redeploy", told, node_id=node.pk)
    return told


def withdraw_all(*, actor: Actor, flow: Flow, at: datetime) -> None:
    """Before a flow is deleted: its nodes drop it, whoever sees them."""
    live = Deployment.objects.filter(flow=flow, status__in=LIVE_DEPLOYMENTS)
    nodes = list(Node.objects.filter(pk__in=live.values("node_id")).only(*NEEDED))
    if nodes:
        deploying.want(Wish(actor=actor, flow=flow, of=dict.fromkeys(nodes), at=at, force=True))


def _record(actor: Actor, action: str, told: Told, **facts: Any) -> None:
    details = {"told": len(told.deployments), "skipped": len(told.skipped), "awaited": len(told.awaited), **facts}
    record(who=actor.who, action=action, about=row_of(told.flow), details=details)
