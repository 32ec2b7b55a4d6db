"""What people arranged for themselves."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.shapes import preferences as shapes
from devices.services import preferences
from rdos.kernel.api.views import ApiView


class PreferenceView(ApiView):
    rules = {"GET": "preferences.read", "PUT": "preferences.update", "DELETE": "preferences.update"}

    @extend_schema(responses=shapes.PreferenceSerializer)
    def get(self, request: Request, key: str) -> Response:
        """Show what you kept under a key."""
        return self.ok(shapes.PreferenceSerializer, {"value": preferences.value(actor=self.actor, key=key)})

    @extend_schema(request=shapes.PreferenceRequest, responses={204: None})
    def put(self, request: Request, key: str) -> Response:
        """Keep a text of at most 50 KiB under a key."""
        preferences.keep(actor=self.actor, key=key, value=self.body(shapes.PreferenceRequest)["value"])
        return Response(None, status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """Forget what you kept under a key."""
        preferences.forget(actor=self.actor, key=key)
        return self.deleted()
