"""What is wanted on nodes that the hub does not know yet, remembered until they are there.

A node that its actor does not see is awaited like one that does not exist: the answer tells nobody which it is.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from devices.access import nodes_for
from devices.models import Node
from devices.services.operations import NEEDED
from flows.access import awaited_for, deployer_of
from flows.models import AwaitedDeployment, Flow, FlowVersion
from flows.services import deploying
from flows.services.deploying import BATCH, Wish
from rdos.kernel.actors import Actor
from rdos.kernel.journal import record, row_of

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
MOST_AT_ONCE = 200


def remember(
    *, actor: Actor, flow: Flow, version: FlowVersion, names: Sequence[str], force: bool, at: datetime
) -> list[AwaitedDeployment]:
    """Of the names only those that a node may have as its key. The newest wish for a name counts."""
    who = actor.who
    wish = {
        "version": version,
        "force": force,
        "wanted_at": at,
        "owner_id": actor.user_id,
        "wanted_by_kind": who.kind,
        "wanted_by_id": who.id[:128],
        "wanted_by_label": who.label[:200],
        "tried_at": None,
        "error": "",
    }
    keys = [name for name in names if KEY.fullmatch(name)]
    AwaitedDeployment.objects.bulk_create(
        [AwaitedDeployment(flow=flow, node_key=key, **wish) for key in keys],
        update_conflicts=True,
        unique_fields=["flow", "node_key"],
        update_fields=list(wish),
        batch_size=BATCH,
    )
    return list(_of(flow).filter(node_key__in=keys).select_related("version").order_by("node_key"))


def is_awaited(flow: Flow) -> bool:
    return _of(flow).exists()


def _of(flow: Flow) -> QuerySet[AwaitedDeployment]:
    return AwaitedDeployment.objects.filter(flow=flow)


def forget(*, actor: Actor, flow: Flow, names: Collection[str] | None = None) -> set[str]:
    """All that the actor sees, or those of them that are named."""
    mine = awaited_for(actor).filter(flow=flow)
    if names is not None:
        mine = mine.filter(node_key__in=[name for name in names if KEY.fullmatch(name)])
    gone = set(mine.values_list("node_key", flat=True))
    mine.delete()
    return gone


def forget_known(flow: Flow, node_ids: Collection[UUID]) -> None:
    """They have a deployment of their own by now."""
    _of(flow).filter(node_key__in=Node.objects.filter(pk__in=node_ids).values("key")).delete()


def look(at: datetime) -> int:
    """Brings what was awaited to the nodes that have come: first what was not tried for the longest time."""
    here = AwaitedDeployment.objects.filter(Exists(Node.objects.filter(key=OuterRef("node_key"))))
    due = here.order_by(F("tried_at").asc(nulls_first=True), "wanted_at").values_list("pk", "flow_id")
    return sum(_bring(pk, flow_id, at) for pk, flow_id in list(due[:MOST_AT_ONCE]))


@transaction.atomic
def _bring(pk: UUID, flow_id: UUID, at: datetime) -> bool:
    """The flow's row first, as whoever deploys takes them."""
    flow = Flow.objects.select_for_update(of=("self",)).filter(pk=flow_id).first()
    row = AwaitedDeployment.objects.select_for_update(of=("self",)).filter(pk=pk).select_related("version").first()
    if flow is None or row is None:
        return False
    error = _brought(row, flow, at)
    if error is None:
        row.delete()
        return True
    row.tried_at, row.error = at, error
    row.save(update_fields=["tried_at", "error"])
    return False


def _brought(row: AwaitedDeployment, flow: Flow, at: datetime) -> str | None:
    """Why not, which is nothing where saying it would tell of a hidden node; None when it is on its way."""
    actor = deployer_of(flow.pk, row.owner_id, row.wanted_by_kind)
    if actor is None:
        return "Whoever wanted it may not deploy this flow any more."
    node = nodes_for(actor).filter(key=row.node_key).only(*NEEDED).first()
    if node is None:
        return ""
    _, passed_by = deploying.want(Wish(actor=actor, flow=flow, of={node: row.version}, at=at, force=row.force))
    if passed_by:
        return passed_by[0]["reason"]
    details = {"node_id": node.pk, "version": row.version.number, "awaited_since": row.wanted_at}
    record(who=actor.who, action="flow.deploy", about=row_of(flow), details=details)
    return None
