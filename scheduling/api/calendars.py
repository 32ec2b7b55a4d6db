"""Calendars: days and hours in which nothing goes off."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import BY_NAME, listed
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from scheduling import queries
from scheduling.access import calendar_for
from scheduling.api.shapes import calendars as shapes
from scheduling.api.shapes import options
from scheduling.models import Calendar
from scheduling.services import calendar_changes

TOLD = {"zone": "timezone"}


class CalendarsView(ApiView):
    rules = {"GET": "calendars.read", "POST": "calendars.create"}

    @extend_schema(
        operation_id="calendars_list", parameters=[shapes.CalendarQuery], responses=shapes.CalendarSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List calendars, by name."""
        query = self.query(shapes.CalendarQuery)
        rows = queries.calendars(Calendar.objects.all(), query["search"]).values(*shapes.COLUMNS)
        return listed(
            request,
            rows,
            order=BY_NAME,
            query=query,
            noun="calendars",
            shape=lambda page: [shaped(request, shapes.row(row)) for row in page],
        )

    @extend_schema(request=shapes.CreateCalendarRequest, responses={201: shapes.CalendarSerializer})
    def post(self, request: Request) -> Response:
        """Make a calendar. A schedule heeds it once it names it."""
        fields = shapes.fields_of(self.body(shapes.CreateCalendarRequest))
        with options.told_as(TOLD):
            made = calendar_changes.create(actor=self.actor, fields=fields)
        return Response(_shown(request, made), status=accent_of(request).created)


class CalendarView(ApiView):
    rules = {"GET": "calendars.read", "PATCH": "calendars.update", "DELETE": "calendars.delete"}

    @extend_schema(responses=shapes.CalendarSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a calendar."""
        return Response(_shown(request, calendar_for(self.actor, pk)))

    @extend_schema(request=shapes.UpdateCalendarRequest, responses=shapes.CalendarSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what is sent. The schedules that heed it know their next due time anew."""
        fields = shapes.fields_of(self.body(shapes.UpdateCalendarRequest))
        with options.told_as(TOLD):
            changed = calendar_changes.update(actor=self.actor, pk=pk, fields=fields, at=database_now())
        return Response(_shown(request, changed))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a calendar. The schedules that heeded it go off again in what it left out."""
        calendar_changes.delete(actor=self.actor, pk=pk, at=database_now())
        return self.deleted()


def _shown(request: Request, row: Calendar) -> dict[str, object]:
    return shaped(request, shapes.row({name: getattr(row, name) for name in shapes.COLUMNS}))
