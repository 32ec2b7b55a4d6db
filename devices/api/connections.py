"""When a node was connected, and how each connection ended."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices import queries
from devices.access import node_for
from devices.api.shapes import nodes as shapes
from rdos.kernel.api.keysets import LATEST_OPENED, listed
from rdos.kernel.api.paging import KeysetQuery
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView


class ConnectionsView(ApiView):
    rules = {"GET": "nodes.read"}

    @extend_schema(parameters=[KeysetQuery], responses=shapes.ConnectionSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List the connections of a node, latest first."""
        node = node_for(self.actor, pk)
        return listed(
            request,
            queries.connections_of(self.actor, node.pk).values(*shapes.CONNECTION_COLUMNS),
            order=LATEST_OPENED,
            query=self.query(KeysetQuery),
            noun="connections",
            shape=lambda rows: [shaped(request, row) for row in rows],
        )
