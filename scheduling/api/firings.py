"""The log of what went off: when it was due, when it did, and what came of it."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.keysets import listed
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from scheduling import queries
from scheduling.access import firings_for
from scheduling.api.schedules import ID, ScheduleView
from scheduling.api.shapes import firings as shapes
from scheduling.api.triggers import FLOW_ID, TriggersOfFlow
from scheduling.api.triggers import ID as TRIGGER_ID
from scheduling.models import Firing

PAGING = ("limit", "cursor")


def logged(request: Request, rows: QuerySet[Firing], query: dict[str, Any], **more: Any) -> Response:
    asked = {name: value for name, value in query.items() if name not in PAGING}
    return listed(
        request,
        queries.firings(rows, **asked, **more).values(*shapes.COLUMNS),
        order=shapes.LATEST,
        query=query,
        noun="firings",
        shape=lambda page: [shaped(request, shapes.row(row)) for row in page],
    )


class FiringsView(ApiView):
    rules = {"GET": "triggers.read"}

    @extend_schema(parameters=[shapes.FiringQuery], responses=shapes.FiringSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What went off, the latest first."""
        return logged(request, firings_for(self.actor), self.query(shapes.FiringQuery))


class FiringsOfTriggerView(TriggersOfFlow):
    rules = {"GET": "triggers.read"}

    @extend_schema(parameters=[FLOW_ID, TRIGGER_ID, shapes.FiringFilter], responses=shapes.FiringSerializer(many=True))
    def get(self, request: Request, flow_id: str, pk: str) -> Response:
        """How often a trigger went off, and what came of it, the latest first."""
        found, query = self.trigger(flow_id, pk), self.query(shapes.FiringFilter)
        return logged(request, firings_for(self.actor), query, trigger_id=found.pk)


class FiringsOfScheduleView(ScheduleView):
    rules = {"GET": "triggers.read"}

    @extend_schema(parameters=[ID, shapes.FiringFilter], responses=shapes.FiringSerializer(many=True))
    def get(self, request: Request, pk: str) -> Response:
        """How often a schedule went off, and what came of it, the latest first."""
        found, query = self.schedule(pk), self.query(shapes.FiringFilter)
        return logged(request, firings_for(self.actor), query, trigger_id=found.pk)
