"""The virtual fleet, removed with one call."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.services import simulated
from rdos.kernel.api.views import ApiView


class SimulatedNodesView(ApiView):
    rules = {"DELETE": "nodes.delete"}

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Remove every simulated node you see; real ones stay."""
        simulated.remove_simulated(actor=self.actor, at=timezone.now())
        return self.deleted()
