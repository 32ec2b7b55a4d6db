"""What nodes measured: the last values, and samples of a while."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import node_for
from rdos.kernel.api.views import ApiView
from telemetry import queries
from telemetry.api import shapes

A_WHILE = timedelta(hours=1)
# Nothing was measured before; and a period that ends with the first of all moments has no beginning.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class ValuesView(ApiView):
    rules = {"GET": "samples.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: UUID) -> Response:
        """The last value of everything the node measures, by name: {"cpu": {"value": 12.5, "at": …}}."""
        return Response(queries.last_values(node_for(self.actor, pk, "samples.read").pk))


class SamplesView(ApiView):
    rules = {"GET": "samples.read"}

    @extend_schema(parameters=[shapes.SampleQuery], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: UUID) -> Response:
        """Samples by name, oldest first: {"cpu": [{"at": …, "value": 12.5}]}. Without `from`, those of one hour."""
        node = node_for(self.actor, pk, "samples.read")
        query = self.query(shapes.SampleQuery)
        until = max(query.get("until") or timezone.now(), EARLIEST)
        found = queries.samples(
            node.pk,
            query["names"] or [],
            since=query.get("since") or until - A_WHILE,
            until=until,
            limit=query["limit"],
            most=shapes.MOST_SERIES,
        )
        return Response(found)
