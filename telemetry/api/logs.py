"""What nodes wrote into their logs."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import node_for
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from telemetry import queries
from telemetry.api import shapes

COLUMNS = ("id", "at", "level", "source", "message")


class LogsView(ApiView):
    rules = {"GET": "logs.read"}

    @extend_schema(parameters=[shapes.LogQuery], responses=shapes.LogLineSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """List log lines of a node, newest first. The cursor is the id of the last line that was seen."""
        node = node_for(self.actor, pk, "logs.read")
        query = self.query(shapes.LogQuery)
        lines = queries.log_lines(node.pk, level=query["level"], search=query["search"])
        if "cursor" in query:
            lines = lines.filter(pk__lt=query["cursor"])
        found = list(lines.order_by("-id").values(*COLUMNS)[: query["limit"] + 1])
        shown = found[: query["limit"]]
        response = Response([shaped(request, row) for row in shown])
        if len(found) > len(shown):
            response["Link"] = f'<{_next_address(request, shown[-1]["id"])}>; rel="next"'
        return response


def _next_address(request: Request, last: int) -> str:
    query = request.query_params.copy()
    query["cursor"] = str(last)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
