"""What of the fleet wants a look: nodes, commands, tunnels and configurations that somebody sees."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse

from accounts.access import allows
from devices.access import commands_for, nodes_for, tunnels_for, within
from devices.admin.cells import TONES
from devices.admin.filters import missed, waits_for_its_node
from devices.admin.places import node_place
from devices.admin.tunnels import failed
from devices.choices import OPEN_COMMANDS, NodeStatus
from devices.models import Node, Twin
from devices.services.simulated import LABEL, YES
from rdos.kernel.actors import Actor
from rdos.kernel.panels import Attention, Figure, Level

# As many rows of one kind; the rest is a number.
SHOWN = 5
LONG = timedelta(minutes=5)
UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"))
TROUBLED = (NodeStatus.ERROR, NodeStatus.DEGRADED)
FOUND = "found"
TROUBLES = {
    NodeStatus.OFFLINE: ("is offline", "are offline"),
    NodeStatus.ERROR: ("reports an error", "report an error"),
    NodeStatus.DEGRADED: ("is degraded", "are degraded"),
}


def fleet(actor: Actor, at: datetime) -> Iterator[Figure]:
    """One line: how many nodes are in which state."""
    if not allows(actor, "nodes.read"):
        return
    simulated = Count("pk", filter=Q(**{f"labels__{LABEL}": YES}))
    by_status = nodes_for(actor).order_by().values_list("status").annotate(all=Count("pk"), simulated=simulated)
    found = {status: (count, virtual) for status, count, virtual in by_status}
    for status in (word for word in NodeStatus if word in found):
        link = _nodes(status=status.value)
        yield Figure(found[status][0], status.label.lower(), TONES[status], link)
    if virtual := sum(count for _, count in found.values()):
        yield Figure(virtual, "of them simulated", "idle", _nodes(simulated="yes"))


def nodes(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "nodes.read"):
        return
    counts = _counts(actor, at)
    watched = nodes_for(actor).filter(missed(at))
    if counts[NodeStatus.OFFLINE]:
        yield from _offline(watched.filter(status=NodeStatus.OFFLINE), at)
    for status in TROUBLED:
        if counts[status]:
            yield from _troubled(watched.filter(status=status), status)
    if counts[FOUND]:
        yield _found(counts[FOUND])


def _counts(actor: Actor, at: datetime) -> dict[str, int]:
    """In one question, however many kinds there are."""
    kinds: dict[str, Q] = {status: missed(at) & Q(status=status) for status in TROUBLES}
    kinds[FOUND] = Q(on_bus=True, claimed=False)
    return nodes_for(actor).aggregate(**{str(kind): Count("pk", filter=condition) for kind, condition in kinds.items()})


def _found(number: int) -> Attention:
    was, is_claimed = ("device was", "is") if number == 1 else ("devices were", "are")
    title = f"{number} {was} found on the bus and {is_claimed} claimed by nobody"
    link = reverse("admin:devices_busnode_changelist")
    return Attention("found-on-the-bus", Level.NOTICE, title, "Claim what is yours, or forget it.", link)


def _offline(away: QuerySet[Node], at: datetime) -> Iterator[Attention]:
    for node in _first(away, "-last_seen_at"):
        seen = node.last_seen_at or at
        why = f": {node.status_reason}" if node.status_reason else "."
        text = f"Since {seen:%H:%M} UTC on {seen:%d %B}{why}"
        title = f"{_name(node)} has been offline for {_long(at - seen)}"
        yield Attention(f"offline-{node.pk}", Level.CRITICAL, title, text, node_place(node.pk))
    yield from _more(away, NodeStatus.OFFLINE, Level.CRITICAL)


def _troubled(rows: QuerySet[Node], status: NodeStatus) -> Iterator[Attention]:
    level = Level.CRITICAL if status == NodeStatus.ERROR else Level.WARNING
    for node in _first(rows, "name"):
        title = f"{_name(node)} {TROUBLES[status][0]}"
        yield Attention(f"{status}-{node.pk}", level, title, node.status_reason, node_place(node.pk))
    yield from _more(rows, status, level)


def _first(rows: QuerySet[Node], order: str) -> QuerySet[Node]:
    return rows.only("name", "labels", "status_reason", "last_seen_at").order_by(order, "id")[:SHOWN]


def _more(rows: QuerySet[Node], status: NodeStatus, level: Level) -> Iterator[Attention]:
    """Opens all of them: those that are named above are rows of that list too."""
    beyond = rows.count() - SHOWN
    if beyond > 0:
        one, many = TROUBLES[status]
        title = f"And {_counted(beyond, f'more node {one}', f'more nodes {many}')}"
        yield Attention(f"more-{status}", level, title, "", _nodes(status=status.value, attention="yes"))


def commands(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "commands.read"):
        return
    waiting = commands_for(actor).filter(waits_for_its_node(), status__in=OPEN_COMMANDS, created_at__lt=at - LONG)
    found = waiting.aggregate(count=Count("pk"), nodes=Count("node", distinct=True), first=Min("created_at"))
    if found["count"]:
        title = f"{_counted(found['count'], 'command waits', 'commands wait')} for a node that is offline"
        text = f"For {_counted(found['nodes'], 'node', 'nodes')}; the oldest for {_long(at - found['first'])}."
        link = reverse("admin:devices_command_changelist") + "?" + urlencode({"status": "open", "away": "yes"})
        yield Attention("waiting-commands", Level.WARNING, title, text, link)


def tunnels(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "tunnels.read"):
        return
    broken = list(failed(tunnels_for(actor)).prefetch_related("legs").order_by("name", "id")[: SHOWN + 1])
    for tunnel in broken[:SHOWN]:
        error = next((leg.error for leg in tunnel.legs.all() if leg.error), "")
        link = reverse("admin:devices_tunnel_change", args=(tunnel.pk,))
        yield Attention(f"tunnel-{tunnel.pk}", Level.WARNING, f"The tunnel {tunnel.name} failed", error, link)
    if len(broken) > SHOWN:
        link = reverse("admin:devices_tunnel_changelist") + "?state=failed"
        yield Attention("more-tunnels", Level.WARNING, "And more tunnels failed", "", link)


def drift(actor: Actor, at: datetime) -> Iterator[Attention]:
    if not allows(actor, "nodes.read"):
        return
    drifted = Twin.objects.filter(within(actor), drifted_at__isnull=False).exclude(node__maintenance_until__gt=at)
    shown = list(drifted.order_by("drifted_at").values_list("node_id", "node__name", "drifted_at")[: SHOWN + 1])
    for pk, name, since in shown[:SHOWN]:
        text = f"For {_long(at - since)}." if since else ""
        title = f"{name} is configured otherwise than desired"
        yield Attention(f"drift-{pk}", Level.NOTICE, title, text, node_place(pk))
    if len(shown) > SHOWN:
        title = f"And {drifted.count() - SHOWN} more have another configuration than desired"
        yield Attention("more-drift", Level.NOTICE, title, "", _nodes(drift="yes", maintenance="no"))


def _name(node: Node) -> str:
    return f"{node.name} (simulated)" if node.labels.get(LABEL) == YES else node.name


def _nodes(**filters: str) -> str:
    return f"{reverse('admin:devices_node_changelist')}?{urlencode(filters)}"


def _long(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for size, unit in UNITS:
        if seconds >= size:
            return _counted(seconds // size, unit, f"{unit}s")
    return "less than a minute"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
