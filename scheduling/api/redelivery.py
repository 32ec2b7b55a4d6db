"""What a webhook took is delivered again."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from scheduling.api import hook_shapes as shapes
from scheduling.services import redelivering


class RedeliverView(ApiView):
    rules = {"POST": "triggers.operate"}

    @extend_schema(request=None, responses={201: shapes.RedeliveredSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Start a new run with the input of a delivery that was taken before."""
        shot = redelivering.redeliver(actor=self.actor, pk=pk, at=database_now())
        told = {"id": shot.id, "execution_id": shot.execution_id}
        return Response(shaped(request, told), status=accent_of(request).created)
