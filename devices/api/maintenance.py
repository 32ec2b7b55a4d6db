"""Maintenance of a node: begun and ended by hand."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.nodes import shown
from devices.api.shapes import nodes as shapes
from devices.services import maintenance
from rdos.kernel.api.views import ApiView
from rdos.kernel.errors import InvalidInput


class MaintenanceView(ApiView):
    rules = {"POST": "nodes.maintain", "DELETE": "nodes.maintain"}

    @extend_schema(request=shapes.MaintenanceRequest, responses=shapes.NodeSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Begin maintenance, until a moment or for some minutes; begun again, it lasts until the new moment."""
        data, at = self.body(shapes.MaintenanceRequest), timezone.now()
        until, reason = _end(data, at), data["reason"]
        return Response(shown(request, maintenance.begin(actor=self.actor, pk=pk, until=until, reason=reason, at=at)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """End maintenance now."""
        maintenance.end(actor=self.actor, pk=pk, at=timezone.now())
        return self.deleted()


def _end(data: dict[str, Any], at: datetime) -> datetime:
    if ("until" in data) == ("minutes" in data):
        raise InvalidInput(errors={"until": ["Name either `until` or `minutes`."]})
    end: datetime = data["until"] if "until" in data else at + timedelta(minutes=data["minutes"])
    return end
