"""Graphs that run, and the flows that are made of them."""

from itertools import pairwise
from typing import Any

import orjson

from flows.models import Flow, FlowVersion


def graph(*nodes: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    """One after the other."""
    links = [
        {"source_node": one, "source_port": "exec_out", "target_node": other, "target_port": "exec_in"}
        for one, other in pairwise(node_id for node_id, _, _ in nodes)
    ]
    bodies = {pk: {"node_id": pk, "node_type": kind, "config": config} for pk, kind, config in nodes}
    return {"nodes": bodies, "connections": links}


ADDING = graph(
    ("begin", "StartNode", {}),
    ("set", "SetVariableNode", {"variable_name": "n", "value": "{{given}}"}),
    ("more", "IncrementVariableNode", {"variable_name": "n", "increment": 2}),
    ("say", "LogNode", {"message": "n is {{n}}", "data": ""}),
    ("end", "EndNode", {}),
)
FAILING = graph(("begin", "StartNode", {}), ("throw", "ThrowErrorNode", {"message": "it broke"}))


def waiting(seconds: float) -> dict[str, Any]:
    return graph(("begin", "StartNode", {}), ("wait", "WaitNode", {"duration": seconds}), ("end", "EndNode", {}))


def flow_of(content: dict[str, Any], **fields: Any) -> Flow:
    flow = Flow.objects.create(**{"name": "Adding", "status": "running", **fields})
    text = orjson.dumps(content).decode()
    flow.current, flow.version = FlowVersion.objects.create(flow=flow, number=1, content=text, executable=text), 1
    flow.save()
    return flow
