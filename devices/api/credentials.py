"""Registration tokens of nodes, and their own credentials on the bus."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.nodes import registration
from devices.api.shapes import nodes as shapes
from devices.services import bus_credentials, tokens
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView


class NodeTokenView(ApiView):
    rules = {"POST": "nodes.credentials"}

    @extend_schema(request=None, responses=shapes.RegistrationSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Give the node a new registration token. What it had before is worthless, and its connection is closed."""
        token = tokens.issue(actor=self.actor, pk=pk, at=timezone.now())
        return Response(shaped(request, registration(request, token)))


class BusCredentialView(ApiView):
    rules = {"POST": "nodes.credentials", "DELETE": "nodes.credentials"}

    @extend_schema(request=None, responses=shapes.BusCredentialSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Give the node a user of its own on the bus. A former password is worthless.

        What is this node's own on the bus is closed to everybody anonymous from then on.
        """
        issued = bus_credentials.issue(actor=self.actor, pk=pk, at=timezone.now())
        return self.ok(shapes.BusCredentialSerializer, issued)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Withdraw it: the node is one of the anonymous again."""
        bus_credentials.withdraw(actor=self.actor, pk=pk, at=timezone.now())
        return self.deleted()
