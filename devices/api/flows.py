"""Media flows on a node: added and removed by command."""

from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.shapes import commands as shapes
from devices.api.telling import TellingView
from rdos.kernel.errors import InvalidInput
from rdos.kernel.waiting import Wait


class NodeFlowsView(TellingView):
    rules = {"POST": "commands.create"}

    @extend_schema(parameters=[shapes.WaitQuery], request=OpenApiTypes.OBJECT, responses=shapes.ANSWERS)
    def post(self, request: Request, pk: UUID) -> Response | Wait:
        """Add a flow to the node; the body is the flow. Answers as any command does."""
        return self.tell(pk, {"type": "create_flow", "flow": self.whole_body()})


class NodeFlowView(TellingView):
    rules = {"DELETE": "commands.create"}

    @extend_schema(parameters=[shapes.WaitQuery], responses=shapes.ANSWERS)
    def delete(self, request: Request, pk: UUID, flow_id: str) -> Response | Wait:
        """Remove a flow from the node. Answers as any command does."""
        # A path may hold what no body may.
        if "\x00" in flow_id:
            raise InvalidInput(errors={"flow_id": ["Null characters are not allowed."]})
        return self.tell(pk, {"type": "delete_flow", "flow_id": flow_id})
