"""Flows for nodes, and what nodes answer."""

from typing import Any

import orjson

from devices.services.commands import Letter
from flows.models import Flow, FlowVersion
from tests.devices import told
from tests.people import Person

NODERED = {"flows": [{"id": "n1", "type": "inject", "wires": []}]}


def media(flow_id: str = "m1", **more: Any) -> dict[str, Any]:
    return {"id": flow_id, "name": "Camera", "enabled": True, **more}


def flow_of(kind: str = "nodered", *contents: Any, **fields: Any) -> Flow:
    """With a version for each content; the last is the newest."""
    flow = Flow.objects.create(name="Teleop", kind=kind, status="running", runs_on="node", **fields)
    for content in contents or (media() if kind == "media" else NODERED,):
        add_version(flow, content)
    return flow


def add_version(flow: Flow, content: Any) -> FlowVersion:
    text = content if isinstance(content, str) else orjson.dumps(content).decode()
    number = flow.version + 1
    executable = text if flow.kind == "graph" else ""
    version = FlowVersion.objects.create(
        flow=flow, number=number, content=text, executable=executable, digest=text[:60]
    )
    flow.current, flow.version = version, number
    flow.save()
    return version


def url(flow: Flow, verb: str) -> str:
    return f"/api/v1/flows/{flow.pk}/{verb}"


def deploy(who: Person, flow: Flow, **body: Any) -> Any:
    return who.caller.post(url(flow, "deploy"), body)


def undeploy(who: Person, flow: Flow, **body: Any) -> Any:
    return who.caller.post(url(flow, "undeploy"), body)


def states(body: Any) -> dict[str, str]:
    return {row["node_key"]: row["status"] for row in body["deployments"]}


def now(who: Person, flow: Flow) -> dict[str, dict[str, Any]]:
    """By the key of the node."""
    rows = who.caller.get(f"/api/v1/deployments?flow_id={flow.pk}").json()
    return {row["node_key"]: row for row in rows}


def obey() -> list[Letter]:
    """Every node that is there does what it was told."""
    letters = told.receive()
    told.settle(*[told.yes(letter) for letter in letters])
    return letters


def balk(error: str = "no room", error_code: str = "no_room") -> list[Letter]:
    letters = told.receive()
    told.settle(*[told.no(letter, error, error_code) for letter in letters])
    return letters


def actions(letters: list[Letter]) -> list[str]:
    return [letter.action["type"] for letter in letters]
