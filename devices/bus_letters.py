"""A command as the bus carries it: on which subject, and in which words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from rdos.kernel.bus import subjects

# The purpose of a command that brings a flow, or takes it away.
DEPLOYMENT = "deploy"
DEPLOY, UNDEPLOY = "deploy_flow", "undeploy_flow"


def letter_of(
    name: str, action: Mapping[str, Any], text: str, key: str, at: datetime, *, purpose: str
) -> tuple[str, bytes]:
    """`text` is what a client sent, byte for byte; a command that the hub wrote itself has none."""
    if purpose == DEPLOYMENT and name == DEPLOY:
        return subjects.node(key, "flow.deploy"), orjson.dumps(_arrival(action, at))
    if purpose == DEPLOYMENT and name == UNDEPLOY:
        return subjects.node(key, "flow.undeploy"), orjson.dumps(_parting(action, at))
    return subjects.device(key, "command"), text.encode() if text else orjson.dumps(action)


def _arrival(action: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        "flow_id": action["flow_id"],
        "config": config_of(action["definition"]),
        "version": action["version"],
        "timestamp": _moment(at),
    }


def _parting(action: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"flow_id": action["flow_id"], "timestamp": _moment(at)}


def config_of(definition: Any) -> dict[str, Any]:
    """An object always, as Tafy's clients see it: a bare export is one's `flows`, and a text its `text`."""
    if isinstance(definition, Mapping):
        return dict(definition)
    return {"flows": definition} if isinstance(definition, list) else {"text": definition}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
