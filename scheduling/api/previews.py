"""What a schedule would do, before it is saved and afterwards."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from scheduling.api.schedules import ID, ScheduleView
from scheduling.api.shapes import options
from scheduling.api.shapes import previews as shapes
from scheduling.api.shapes.schedules import TOLD
from scheduling.services import preview


class PreviewView(ApiView):
    # It writes nothing; a body only holds what is asked about.
    rules = {"POST": "triggers.read"}

    @extend_schema(request=shapes.PreviewRequest, responses=shapes.PreviewSerializer)
    def post(self, request: Request) -> Response:
        """When a schedule like this would go off, in words and in moments, and what else is due then."""
        said = self.body(shapes.PreviewRequest)
        part = options.time_part(said, anew=True)
        with options.told_as(TOLD):
            found = preview.unsaved(actor=self.actor, part=part, at=database_now(), most=said["n"])
        return self.ok(shapes.PreviewSerializer, shapes.shown(found))


class SchedulePreviewView(ScheduleView):
    rules = {"GET": "triggers.read"}

    @extend_schema(parameters=[ID, shapes.PreviewQuery], responses=shapes.PreviewSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """When a schedule goes off next, in words and in moments, and what else is due then."""
        found, most = self.schedule(pk), self.query(shapes.PreviewQuery)["n"]
        told = preview.saved(actor=self.actor, schedule=found, at=database_now(), most=most)
        return self.ok(shapes.PreviewSerializer, shapes.shown(told))
