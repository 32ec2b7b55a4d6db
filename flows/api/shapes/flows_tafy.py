"""Flows as Tafy's clients send and read them."""

from typing import Any

from flows.models import Flow
from flows.services.tafy_flows import content_of
from rdos.kernel.api.serializers import RequestSerializer
from rdos.kernel.api.strict_fields import Flag, Key, Object, Text, Words

LONGEST_NAME = 255
MOST_TARGETS = 10_000
NAMES = {"flow_metadata": "metadata"}


class FlowFields(RequestSerializer):
    description = Text(required=False, allow_null=True, allow_blank=True)
    config = Object(required=False)
    target_nodes = Words(child=Key(), max_length=MOST_TARGETS, required=False)
    flow_metadata = Object(required=False)


class FlowCreate(FlowFields):
    name = Text(max_length=LONGEST_NAME)


class FlowUpdate(FlowFields):
    name = Text(max_length=LONGEST_NAME, required=False)


class FlowDeploy(RequestSerializer):
    target_nodes = Words(child=Key(), max_length=MOST_TARGETS, required=False, allow_null=True)
    force = Flag(default=False)


class FlowQuery(RequestSerializer):
    deployed_only = Flag(default=False)


def fields_of(said: dict[str, Any]) -> dict[str, Any]:
    """In the words of the model; null clears the description."""
    fields = {NAMES.get(name, name): value for name, value in said.items()}
    return fields | ({"description": fields["description"] or ""} if "description" in fields else {})


def flow_of(flow: Flow) -> dict[str, Any]:
    return {
        "id": flow.pk,
        "name": flow.name,
        "description": flow.description or None,
        "config": config_of(content_of(flow)),
        "target_nodes": flow.target_nodes,
        "flow_metadata": flow.metadata,
        "deployed": flow.deployed_at is not None,
        "deployed_at": flow.deployed_at,
        "version": flow.version,
        "created_at": flow.created_at,
        "updated_at": flow.updated_at,
    }


def config_of(content: Any) -> Any:
    """An object, also where the flow was made in another form."""
    if isinstance(content, dict):
        return content
    return {"flows": content} if isinstance(content, list) else {"text": content}
