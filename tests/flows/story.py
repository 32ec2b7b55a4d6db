"""Flows that run and robots that take them, without doors between."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from devices.models import Node
from flows.models import Flow, FlowVersion, Robot
from flows.services import queueing
from rdos.kernel.clock import database_now
from rdos.kernel.journal import SYSTEM

GRAPH = '{"nodes":{"a":{"node_id":"a","node_type":"StartNode","config":{}}},"connections":[]}'


def flow_that_runs(name: str = "Invoices", **fields: Any) -> Flow:
    flow = Flow.objects.create(name=name, status="running", **fields)
    version = FlowVersion.objects.create(flow=flow, number=1, content=GRAPH, executable=GRAPH, digest="1")
    flow.current, flow.version = version, 1
    flow.save()
    return flow


def robot_named(key: str, **fields: Any) -> Robot:
    node, _ = Node.objects.get_or_create(
        key=key, defaults={"name": key.title(), "device_type": "robot", "status": "online"}
    )
    Node.objects.filter(pk=node.pk).update(last_seen_at=timezone.now())
    return Robot.objects.create(node=node, **fields)


def run_of(flow: Flow, given: Any = None, **start: Any) -> UUID:
    """Its id, in the queue now."""
    (made,) = queueing.enqueue_many(
        flow=flow, start=queueing.Start(who=SYSTEM, **start), given=[given], at=database_now()
    )
    return made
