"""Events: the list with its filters, acknowledging, and how many wait."""

from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from telemetry import queries
from telemetry.access import events_for
from telemetry.api import shapes
from telemetry.services import events

COLUMNS = (
    "id",
    "node_id",
    "severity",
    "category",
    "message",
    "details",
    "flow_id",
    "created_at",
    "last_at",
    "times",
    "acknowledged",
    "acknowledged_at",
    "acknowledged_by",
)
FILTERS = ("node_id", "severity", "category", "flow_id", "search", "since", "until")


class EventsView(ApiView):
    rules = {"GET": "events.read"}

    @extend_schema(parameters=[shapes.EventQuery], responses=shapes.EventSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List events, newest first, as one array in every accent."""
        query = self.query(shapes.EventQuery)
        last = query["page"] * query["per_page"]
        found = queries.matching(events_for(self.actor), query).order_by("-created_at", "-id")
        rows = found.values(*COLUMNS, node_name=F("node__name"))
        return Response([shaped(request, row) for row in rows[last - query["per_page"] : last]])


class EventCountView(ApiView):
    rules = {"GET": "events.read"}

    @extend_schema(responses=shapes.CountSerializer)
    def get(self, request: Request) -> Response:
        """How many alarms (minor to critical) nobody has acknowledged; exact up to 10,000."""
        return self.ok(shapes.CountSerializer, {"count": queries.alarm_count(events_for(self.actor))})


class AcknowledgeView(ApiView):
    rules = {"POST": "events.acknowledge"}

    @extend_schema(request=None, responses={200: None})
    def post(self, request: Request, pk: int) -> HttpResponse:
        """Acknowledge an event. The answer is empty."""
        events.acknowledge(actor=self.actor, pk=pk, at=timezone.now())
        return HttpResponse(headers={"Content-Type": "application/json"})


class AcknowledgeManyView(ApiView):
    rules = {"POST": "events.acknowledge"}

    @extend_schema(
        operation_id="events_ack_many", request=shapes.AcknowledgeRequest, responses=shapes.AcknowledgedSerializer
    )
    def post(self, request: Request) -> Response:
        """Acknowledge many at once: by their ids, by a filter, or all; at most 10,000 in one call."""
        chosen = _chosen(self.body(shapes.AcknowledgeRequest))
        count = events.acknowledge_many(actor=self.actor, at=timezone.now(), **chosen)
        return self.ok(shapes.AcknowledgedSerializer, {"acknowledged": count})


def _chosen(data: dict[str, Any]) -> dict[str, Any]:
    filters = {name: data[name] for name in FILTERS if data.get(name)}
    return {"ids": data.get("ids"), "filters": filters if filters or data["all"] else None}
