"""Schedules as Casare's clients know them: views over the triggers of kind schedule."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows.access import flows_for
from flows.errors import WorkflowNotFound
from flows.queries import about, with_small
from rdos.kernel.api.keysets import NEWEST, listed
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput
from scheduling import queries
from scheduling.access import schedule_for, schedules_for, triggers_for
from scheduling.api.shapes import options
from scheduling.api.shapes import schedules as shapes
from scheduling.choices import TriggerKind
from scheduling.models import Schedule, Trigger
from scheduling.services import triggers

ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class ScheduleView(ApiView):
    """What the views of one schedule share."""

    def schedule(self, text: str, action: str = "triggers.read") -> Schedule:
        try:
            pk = UUID(text)
        except ValueError as error:
            raise InvalidInput(shapes.NOT_A_UUID.format(name="schedule_id")) from error
        return schedule_for(self.actor, pk, action)

    def shown(self, pk: UUID) -> Response:
        """200 in every accent: the path is Casare's alone."""
        found = triggers_for(self.actor).filter(pk=pk).values(*shapes.COLUMNS, "input").get()
        heeded = queries.calendar_ids([pk]).get(pk, [])
        return Response(shaped(self.request, shapes.row(found, found["input"], heeded)))


class SchedulesView(ScheduleView):
    rules = {"GET": "triggers.read", "POST": "triggers.create"}

    @extend_schema(
        operation_id="schedules_list",
        parameters=[shapes.ScheduleQuery],
        responses=PolymorphicProxySerializer(
            component_name="ScheduleList",
            serializers=[shapes.ScheduleSerializer(many=True), shapes.SchedulesSerializer],
            resource_type_field_name=None,
            many=False,
        ),
    )
    def get(self, request: Request) -> Response:
        """List schedules, newest first: as an array, or for dashboards as an object that holds it."""
        query = self.query(shapes.ScheduleQuery)
        rows = queries.schedules(triggers_for(self.actor), flow_id=query["workflow_id"], enabled=query["enabled"])
        if self._is_dashboard(query):
            return self._in_an_object(rows, query)
        return listed(request, _small(rows), order=NEWEST, query=query, noun="schedules", shape=self._told)

    def _is_dashboard(self, query: dict[str, Any]) -> bool:
        """They read `.schedules` where programs read an array. By these marks their calls are known: one sends a
        content type with its GET, the other an offset."""
        return "offset" in query or str(self.request.META.get("CONTENT_TYPE", "")).startswith("application/json")

    def _in_an_object(self, rows: QuerySet[Trigger], query: dict[str, Any]) -> Response:
        first = query.get("offset", 0)
        found = _small(rows).order_by("-created_at", "-id")[first : first + query["limit"]]
        return Response(shaped(self.request, {"schedules": self._told(list(found)), "total": about(rows)}))

    def _told(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        heeded = queries.calendar_ids([row["id"] for row in rows])
        told = (shapes.row(row, row["small_input"], heeded.get(row["id"], [])) for row in rows)
        return [shaped(self.request, row) for row in told]

    @extend_schema(request=shapes.CreateScheduleRequest, responses={200: shapes.ScheduleSerializer})
    def post(self, request: Request) -> Response:
        """Make a schedule."""
        said = self.body(shapes.CreateScheduleRequest)
        flow_id = said["workflow_id"]
        if not flows_for(self.actor).filter(pk=flow_id).exists():
            raise WorkflowNotFound(f"Workflow not found: {flow_id}")
        with options.told_as(shapes.TOLD):
            made = triggers.create(
                actor=self.actor,
                flow_id=flow_id,
                kind=TriggerKind.SCHEDULE,
                at=database_now(),
                part=options.time_part(said, anew=True),
                is_enabled=said.get("enabled", True),
                **shapes.fields_of(said),
            )
        return self.shown(made.pk)


def _small(rows: QuerySet[Trigger]) -> Any:
    return with_small(rows, input="input").values(*shapes.COLUMNS, "small_input")


class OneScheduleView(ScheduleView):
    rules = {
        "GET": "triggers.read",
        "PUT": "triggers.operate",
        "PATCH": "triggers.operate",
        "DELETE": "triggers.delete",
    }

    @extend_schema(parameters=[ID], responses=shapes.ScheduleSerializer)
    def get(self, request: Request, pk: str) -> Response:
        """Show a schedule."""
        return self.shown(self.schedule(pk).pk)

    @extend_schema(parameters=[ID], request=shapes.UpdateScheduleRequest, responses=shapes.ScheduleSerializer)
    def put(self, request: Request, pk: str) -> Response:
        """Change what is sent. Operators switch it on and off; whatever else is changed needs a developer."""
        return self._changed(pk)

    @extend_schema(parameters=[ID], request=shapes.UpdateScheduleRequest, responses=shapes.ScheduleSerializer)
    def patch(self, request: Request, pk: str) -> Response:
        """The same as PUT."""
        return self._changed(pk)

    def _changed(self, text: str) -> Response:
        found, said = self.schedule(text, "triggers.operate"), self.body(shapes.UpdateScheduleRequest)
        fields, part, on = shapes.fields_of(said), options.time_part(said), said.get("enabled")
        with options.told_as(shapes.TOLD):
            triggers.edit(actor=self.actor, pk=found.pk, at=database_now(), fields=fields, part=part, on=on)
        return self.shown(found.pk)

    @extend_schema(parameters=[ID], responses={200: shapes.ScheduleDeletedSerializer})
    def delete(self, request: Request, pk: str) -> Response:
        """Remove a schedule with its log. The runs it started stay."""
        found = self.schedule(pk, "triggers.delete")
        triggers.delete(actor=self.actor, pk=found.pk)
        return Response({"status": "success", "message": f"Schedule deleted: {found.pk}"})


class UpcomingView(ApiView):
    rules = {"GET": "triggers.read"}

    @extend_schema(parameters=[shapes.UpcomingQuery], responses=shapes.UpcomingSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What goes off next, the soonest first, each schedule once."""
        query = self.query(shapes.UpcomingQuery)
        rows = queries.upcoming(schedules_for(self.actor), flow_id=query["workflow_id"]).values(*shapes.SOON)
        return Response([shaped(request, shapes.soon(row)) for row in rows[: query["limit"]]])
