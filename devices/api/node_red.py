"""The Node-RED of a node: where it lies, and what the hub has put there."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.shapes import node_red as shapes
from devices.services.node_red import address
from rdos.kernel.api.views import ApiView


class NodeRedView(ApiView):
    rules = {"GET": "nodes.read", "PATCH": "nodes.update"}

    @extend_schema(responses=shapes.NodeRedSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show where a node's Node-RED lies, and which flows were pushed there."""
        return self.ok(shapes.NodeRedSerializer, shapes.node_red_of(address.bus_of(self.actor, pk)))

    @extend_schema(request=shapes.NodeRedRequest, responses=shapes.NodeRedSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Say where a node's Node-RED lies. Flows deployed to the node are pushed there from then on."""
        said: dict[str, Any] = {name: value or "" for name, value in self.body(shapes.NodeRedRequest).items()}
        bus = address.place(actor=self.actor, pk=pk, at=timezone.now(), **said)
        return self.ok(shapes.NodeRedSerializer, shapes.node_red_of(bus))
