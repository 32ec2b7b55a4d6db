"""Making robots stand: one, or all. Who asks is read from the database first; the bus comes before all else."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.shapes import halting as shapes
from devices.services import halting
from rdos.kernel.api.views import ApiView

ANSWERS = {
    200: shapes.HaltedSerializer,
    503: OpenApiResponse(description="The bus is away. The stop is noted, and no robot heard it."),
}


class StopView(ApiView):
    rules = {"POST": "motion.stop"}
    open_to_lan = True

    @extend_schema(operation_id="devices_stop", request=None, responses=ANSWERS)
    def post(self, request: Request, key: str) -> Response:
        """Stop a robot now: zero speed, said five times within a second. Ends who drives it and what waits for it."""
        halted = halting.stop_node(actor=self.actor, key=key, at=timezone.now())
        return self.ok(shapes.HaltedSerializer, shapes.halted_of(halted))


class StopAllView(ApiView):
    rules = {"POST": "motion.stop"}
    open_to_lan = True

    @extend_schema(operation_id="devices_stop_all", request=None, responses=ANSWERS)
    def post(self, request: Request) -> Response:
        """Stop all robots now: those you see, and, if you see all, also those the hub does not know."""
        halted = halting.stop_all(actor=self.actor, at=timezone.now())
        return self.ok(shapes.HaltedSerializer, shapes.halted_of(halted))
