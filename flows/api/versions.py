"""The versions of a flow: listed, shown, compared, and brought back."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows.access import flow_for
from flows.api.flows import EDITED, IF_MATCH, FlowView
from flows.api.shapes import versions as shapes
from flows.services import flows, versions
from rdos.kernel.api.keysets import Order, listed
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now


def a_number(value: Any) -> int:
    number = int(value)
    if not 0 <= number <= shapes.HIGHEST:
        raise ValueError
    return number


NEWEST = Order("number", a_number, descending=True)


class VersionsView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(parameters=[KeysetQuery], responses=shapes.FlowVersionSummarySerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List the versions of a flow, newest first: who made each, when, and why."""
        return listed(
            request,
            flow_for(self.actor, pk).versions.values(*shapes.COLUMNS),
            order=NEWEST,
            query=self.query(KeysetQuery),
            noun="versions",
            shape=lambda page: [shaped(request, shapes.summary(row)) for row in page],
        )


class VersionView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(responses=shapes.FlowVersionSerializer)
    def get(self, request: Request, pk: UUID, number: int) -> Response:
        """Show a version as it was sent."""
        flow = flow_for(self.actor, pk)
        return Response(shaped(request, shapes.version(flow, versions.version_of(flow, number))))


class DifferenceView(ApiView):
    rules = {"GET": "flows.read"}

    @extend_schema(parameters=[shapes.DifferenceQuery], responses={200: dict})
    def get(self, request: Request, pk: UUID) -> Response:
        """What changed between two versions: by nodes and connections, or by lines of a text."""
        flow, asked = flow_for(self.actor, pk), self.query(shapes.DifferenceQuery)
        sides = {"from": asked["from"], "to": asked["to"] or flow.version}
        return Response({**sides, **versions.between(flow, sides["from"], sides["to"])})


class RestoreView(FlowView):
    rules = {"POST": "flows.update"}

    @extend_schema(parameters=[IF_MATCH], request=shapes.RestoreRequest, responses=EDITED)
    def post(self, request: Request, pk: UUID, number: int) -> Response:
        """Bring an older version back, as the newest."""
        told: dict[str, Any] = {"seen": self.seen(), "message": self.body(shapes.RestoreRequest)["message"]}
        return self.shown(flows.restore(actor=self.actor, pk=pk, number=number, at=database_now(), **told))
