"""Where a person put the nodes of the topology."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.shapes import preferences as shapes
from devices.services import preferences
from rdos.kernel.api.views import ApiView


class PositionsView(ApiView):
    rules = {"GET": "preferences.read", "PUT": "preferences.update", "DELETE": "preferences.update"}

    @extend_schema(parameters=[shapes.ViewQuery], responses=shapes.PositionsSerializer)
    def get(self, request: Request) -> Response:
        """Show where you put the nodes that you see."""
        kept = preferences.positions(actor=self.actor, view=self.query(shapes.ViewQuery)["view"])
        return self.ok(shapes.PositionsSerializer, {"positions": kept})

    @extend_schema(request=shapes.PositionsRequest, responses={204: None})
    def put(self, request: Request) -> Response:
        """Replace the whole set."""
        preferences.keep_positions(actor=self.actor, **self.body(shapes.PositionsRequest))
        return Response(None, status=204)

    @extend_schema(parameters=[shapes.ViewQuery], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget them."""
        preferences.forget_positions(actor=self.actor, view=self.query(shapes.ViewQuery)["view"])
        return self.deleted()
