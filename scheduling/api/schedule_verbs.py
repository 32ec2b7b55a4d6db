"""What is done with a schedule: switched on and off, set off now, made up for."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from rdos.kernel.api.serializers import shaped
from rdos.kernel.clock import database_now
from scheduling.api.schedules import ID, ScheduleView
from scheduling.api.shapes import firings as firing_shapes
from scheduling.api.shapes import schedules as shapes
from scheduling.api.shapes.triggers import FireRequest
from scheduling.services import by_hand, triggers


class SwitchingView(ScheduleView):
    """Casare's seed says PUT, one of its clients POST."""

    rules = {"PUT": "triggers.operate", "POST": "triggers.operate"}
    on = True

    def switched(self, pk: str) -> Response:
        found = self.schedule(pk, "triggers.operate")
        triggers.switch(actor=self.actor, pk=found.pk, on=self.on, at=database_now())
        return self.shown(found.pk)


class EnableView(SwitchingView):
    @extend_schema(parameters=[ID], request=None, responses=shapes.ScheduleSerializer)
    def put(self, request: Request, pk: str) -> Response:
        """Switch a schedule on: it is due next from now on. What was due meanwhile is not made up for."""
        return self.switched(pk)

    @extend_schema(parameters=[ID], request=None, responses=shapes.ScheduleSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """The same as PUT."""
        return self.switched(pk)


class DisableView(SwitchingView):
    on = False

    @extend_schema(parameters=[ID], request=None, responses=shapes.ScheduleSerializer)
    def put(self, request: Request, pk: str) -> Response:
        """Switch a schedule off."""
        return self.switched(pk)

    @extend_schema(parameters=[ID], request=None, responses=shapes.ScheduleSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """The same as PUT."""
        return self.switched(pk)


class TriggerNowView(ScheduleView):
    rules = {"PUT": "triggers.operate", "POST": "triggers.operate"}

    @extend_schema(parameters=[ID], request=FireRequest, responses=shapes.TriggeredSerializer)
    def put(self, request: Request, pk: str) -> Response:
        """Start its workflow now, also when it is switched off."""
        return self._triggered(pk)

    @extend_schema(parameters=[ID], request=FireRequest, responses=shapes.TriggeredSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """The same as PUT."""
        return self._triggered(pk)

    def _triggered(self, text: str) -> Response:
        found, given = self.schedule(text, "triggers.operate"), firing_shapes.given(self.body(FireRequest))
        shot = by_hand.set_off(actor=self.actor, pk=found.pk, at=database_now(), **given)
        told = {"status": "success", "message": f"Schedule triggered: {found.pk}", "job_id": shot.execution_id}
        return Response(shaped(self.request, told))


class BackfillView(ScheduleView):
    rules = {"POST": "triggers.update"}

    @extend_schema(parameters=[ID], request=firing_shapes.BackfillRequest, responses=firing_shapes.BackfilledSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Make up for a period that has passed: each of its due times that has not gone off does so now."""
        found, said = self.schedule(pk, "triggers.update"), self.body(firing_shapes.BackfillRequest)
        written = by_hand.backfill(actor=self.actor, pk=found.pk, at=database_now(), **said)
        told = {"runs": len(written), "execution_ids": [shot.execution_id for shot in written]}
        return Response(shaped(request, told))
