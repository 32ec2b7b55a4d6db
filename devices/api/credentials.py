"""Registration tokens of nodes."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.nodes import registration
from devices.api.shapes import nodes as shapes
from devices.services import tokens
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView


class NodeTokenView(ApiView):
    rules = {"POST": "nodes.credentials"}

    @extend_schema(request=None, responses=shapes.RegistrationSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Give the node a new registration token. What it had before is worthless, and its connection is closed."""
        token = tokens.issue(actor=self.actor, pk=pk, at=timezone.now())
        return Response(shaped(request, registration(request, token)))
