"""The shapes of flows as Bloxserver's frontends know them: a text, a canvas, and a life of five states."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import serializers

from flows.api.shapes.flows import definition_of
from flows.choices import FlowKind
from flows.models import Flow
from rdos.kernel.api.serializers import RequestSerializer

LONGEST_NAME, LONGEST_DESCRIPTION = 100, 500


class CanvasNodeRequest(RequestSerializer):
    id = serializers.CharField(allow_blank=True, trim_whitespace=False)
    type = serializers.CharField(allow_blank=True, trim_whitespace=False)
    position = serializers.DictField(child=serializers.FloatField())
    # The name is the wire's own, and a property of every serializer.
    data = serializers.DictField()  # type: ignore[assignment]


class CanvasEdgeRequest(RequestSerializer):
    id = serializers.CharField(allow_blank=True, trim_whitespace=False)
    source = serializers.CharField(allow_blank=True, trim_whitespace=False)  # type: ignore[assignment]
    target = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CanvasRequest(RequestSerializer):
    nodes = CanvasNodeRequest(many=True)
    edges = CanvasEdgeRequest(many=True)
    viewport = serializers.DictField(child=serializers.FloatField())


class CanvasField(serializers.DictField):
    """Looked at, and kept as it was sent."""

    def to_internal_value(self, data: Any) -> Any:
        canvas = CanvasRequest(data=data, context=self.context)
        canvas.is_valid(raise_exception=True)
        return data


class FlowFields(RequestSerializer):
    description = serializers.CharField(
        max_length=LONGEST_DESCRIPTION, required=False, allow_null=True, allow_blank=True
    )
    organism_yaml = serializers.CharField(required=False, allow_null=True, allow_blank=True, trim_whitespace=False)


class CreateFlowRequest(FlowFields):
    name = serializers.CharField(max_length=LONGEST_NAME)


class UpdateFlowRequest(FlowFields):
    """What is null or not there stays as it is."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False, allow_null=True)
    canvas_state = CanvasField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        said = super().to_internal_value(data)
        return {name: value for name, value in said.items() if value is not None}


SUMMARY = ("id", "name", "description", "status", "updated_at")


def summary(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in SUMMARY} | {"description": row["description"] or None}


def flow(found: Flow) -> dict[str, Any]:
    return {
        "id": found.pk,
        "user_id": found.owner_id,
        "name": found.name,
        "description": found.description or None,
        "organism_yaml": text_of(found),
        "canvas_state": found.canvas,
        "status": found.status,
        "container_id": found.runner_id or None,
        "error_message": found.status_reason or None,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
    }


def text_of(found: Flow) -> str:
    """Another kind of flow shows its definition as JSON, which is YAML as well."""
    definition = definition_of(found)
    return definition or "" if found.kind == FlowKind.ORGANISM else orjson.dumps(definition).decode()
