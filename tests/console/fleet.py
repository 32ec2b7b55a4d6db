"""A fleet to look at: nodes that come and go, and what they say, without sockets."""

from typing import Any

from django.utils import timezone

from devices.models import Node
from devices.services import groups, operations, presence, tunnels, twins
from telemetry.models import Event
from tests.devices.told import node
from tests.people import Person

LIST = "/console/devices/node/"


def page(one: Node) -> str:
    return f"/nodes/{one.pk}"


def fails(one: Node, status: str, reason: str, **health: Any) -> None:
    """As the node's health report would be noted."""
    at = timezone.now()
    one.refresh_from_db()
    assert one.session_id is not None
    report = {"status": status, "message": reason, **health}
    presence.note_health({one.pk: presence.Health(one.session_id, at, report, "1.2.3", status, reason)})


def reports(one: Node, config: dict[str, Any]) -> None:
    one.refresh_from_db()
    assert one.session_id is not None
    twins.report(node_id=one.pk, session_id=one.session_id, config=config, at=timezone.now())


def see_only(person: Person, *nodes: Node) -> Person:
    person.user.allowed_node_ids = [str(one.pk) for one in nodes]
    person.user.save(update_fields=["allowed_node_ids"])
    return person


def everything(person: Person) -> dict[str, str]:
    """A small fleet in which there is a row of every kind."""
    at = timezone.now()
    arm, gate = node("arm-1", "robot", labels={"site": "graz"}), node("gate", "relay")
    left, right = node("venue"), node("studio", connected=False)
    fails(arm, "degraded", "The third joint is warm", cpu_percent=12.5, memory={"free_bytes": 123456789})
    reports(arm, {"speed": 1, "name": "arm"})
    twins.set_desired(actor=person.actor, node=arm, config={"speed": 2, "grip": True}, at=at)
    target = operations.Target(node_ids=[left.pk, right.pk])
    operation = operations.create(actor=person.actor, action={"type": "get_config"}, target=target, at=at)
    fields = {
        "name": "studio link",
        "protocol": "udp",
        "mode": "relay",
        "ingress_node_id": left.pk,
        "ingress_listen_port": 9000,
        "egress_node_id": right.pk,
        "egress_forward_addr": "127.0.0.1:7000",
        "relay_node_id": gate.pk,
        "relay_addr": "192.0.2.10:4433",
    }
    rows = {
        "node": arm,
        "group": groups.create(actor=person.actor, name="Graz", kind="query", query={"labels": {"site": "graz"}}),
        "operation": operation,
        "command": operation.commands.first(),
        "tunnel": tunnels.create(actor=person.actor, fields=fields, at=at),
        "event": _event(arm),
    }
    return {name: str(row.pk) for name, row in rows.items() if row}


def _event(one: Node) -> Event:
    at = timezone.now()
    said = {"severity": "warning", "category": "bind_failed", "message": "A port is taken"}
    return Event.objects.create(node=one, created_at=at, last_at=at, **said)
