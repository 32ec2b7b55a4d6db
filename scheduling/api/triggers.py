"""The triggers of a flow: listed, made, changed, removed, switched on and off, set off by hand."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import allows
from flows.access import flow_for
from flows.queries import with_small
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.paths import uuid_of
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from scheduling.access import trigger_for, triggers_for
from scheduling.api.shapes import firings as firing_shapes
from scheduling.api.shapes import options
from scheduling.api.shapes import triggers as shapes
from scheduling.errors import TriggerNotFound
from scheduling.models import Trigger
from scheduling.services import by_hand, triggers, webhooks

FLOW_ID = OpenApiParameter("flow_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class TriggersOfFlow(ApiView):
    """What the views of one flow's triggers share."""

    def flow_id(self, text: str) -> UUID:
        return flow_for(self.actor, uuid_of(text, "flow_id"), "triggers.read").pk

    def trigger(self, flow_id: str, pk: str) -> Trigger:
        """One of that flow: elsewhere it does not exist."""
        flow, found = self.flow_id(flow_id), trigger_for(self.actor, uuid_of(pk, "trigger_id"))
        if found.flow_id != flow:
            raise TriggerNotFound
        return found

    def shown(self, pk: UUID, status: int = 200) -> Response:
        found = _whole(triggers_for(self.actor)).get(pk=pk)
        return Response(shapes.shown(self.request, found, with_token=self.may_change), status=status)

    @property
    def may_change(self) -> bool:
        return allows(self.actor, "triggers.update")


def _whole(rows: QuerySet[Trigger]) -> QuerySet[Trigger]:
    return rows.select_related("schedule", "webhook", "event_filter").prefetch_related("schedule__calendars")


def _without_large(rows: QuerySet[Trigger]) -> Iterator[Trigger]:
    """A list leaves large inputs out."""
    for row in with_small(rows.defer("input"), input="input"):
        row.input = row.small_input
        yield row


class TriggersView(TriggersOfFlow):
    rules = {"GET": "triggers.read", "POST": "triggers.create"}

    @extend_schema(parameters=[FLOW_ID], responses=shapes.TriggerSerializer(many=True))
    def get(self, request: Request, flow_id: str) -> Response:
        """List what may start a flow, newest first: all of it, as a flow has at most a thousand triggers."""
        rows = _whole(triggers_for(self.actor).filter(flow_id=self.flow_id(flow_id))).order_by("-created_at", "-id")
        return Response([shapes.shown(request, row, with_token=self.may_change) for row in _without_large(rows)])

    @extend_schema(parameters=[FLOW_ID], request=shapes.CreateTriggerRequest, responses={201: shapes.TriggerSerializer})
    def post(self, request: Request, flow_id: str) -> Response:
        """Make a trigger. A webhook's answer holds its address."""
        found, wanted = self.flow_id(flow_id), shapes.created(self.body(shapes.CreateTriggerRequest), request)
        with options.told_as(shapes.IN_CONFIG):
            made = triggers.create(actor=self.actor, flow_id=found, at=database_now(), **wanted)
        return self.shown(made.pk, accent_of(request).created)


class TriggerView(TriggersOfFlow):
    rules = {"GET": "triggers.read", "PATCH": "triggers.operate", "DELETE": "triggers.delete"}

    @extend_schema(parameters=[FLOW_ID, ID], responses=shapes.TriggerSerializer)
    def get(self, request: Request, flow_id: str, pk: str) -> Response:
        """Show a trigger."""
        return self.shown(self.trigger(flow_id, pk).pk)

    @extend_schema(parameters=[FLOW_ID, ID], request=shapes.UpdateTriggerRequest, responses=shapes.TriggerSerializer)
    def patch(self, request: Request, flow_id: str, pk: str) -> Response:
        """Change what is sent. Operators switch it on and off; whatever else is changed needs a developer."""
        found = self.trigger(flow_id, pk)
        wanted = shapes.changed(self.body(shapes.UpdateTriggerRequest), found.kind, request)
        with options.told_as(shapes.IN_CONFIG):
            triggers.edit(actor=self.actor, pk=found.pk, at=database_now(), **wanted)
        return self.shown(found.pk)

    @extend_schema(parameters=[FLOW_ID, ID], responses={204: None})
    def delete(self, request: Request, flow_id: str, pk: str) -> Response:
        """Remove a trigger with its log. The runs it started stay."""
        triggers.delete(actor=self.actor, pk=self.trigger(flow_id, pk).pk)
        return self.deleted()


class SwitchingView(TriggersOfFlow):
    rules = {"POST": "triggers.operate"}
    on = True

    def switched(self, flow_id: str, pk: str) -> Response:
        found = self.trigger(flow_id, pk)
        triggers.switch(actor=self.actor, pk=found.pk, on=self.on, at=database_now())
        return self.shown(found.pk)


class EnableView(SwitchingView):
    @extend_schema(parameters=[FLOW_ID, ID], request=None, responses=shapes.TriggerSerializer)
    def post(self, request: Request, flow_id: str, pk: str) -> Response:
        """Switch a trigger on. What was due meanwhile is not made up for."""
        return self.switched(flow_id, pk)


class DisableView(SwitchingView):
    on = False

    @extend_schema(parameters=[FLOW_ID, ID], request=None, responses=shapes.TriggerSerializer)
    def post(self, request: Request, flow_id: str, pk: str) -> Response:
        """Switch a trigger off."""
        return self.switched(flow_id, pk)


class RegenerateView(TriggersOfFlow):
    rules = {"POST": "triggers.update"}

    @extend_schema(parameters=[FLOW_ID, ID], request=None, responses=shapes.TriggerSerializer)
    def post(self, request: Request, flow_id: str, pk: str) -> Response:
        """Give a webhook another token. The old address is gone at once."""
        found = self.trigger(flow_id, pk)
        webhooks.regenerate(actor=self.actor, pk=found.pk)
        return self.shown(found.pk)


class FireView(TriggersOfFlow):
    rules = {"POST": "triggers.operate"}

    @extend_schema(
        parameters=[FLOW_ID, ID], request=shapes.FireRequest, responses={201: firing_shapes.FiringSerializer}
    )
    def post(self, request: Request, flow_id: str, pk: str) -> Response:
        """Set a trigger off now, also when it is switched off."""
        found, given = self.trigger(flow_id, pk), firing_shapes.given(self.body(shapes.FireRequest))
        shot = by_hand.set_off(actor=self.actor, pk=found.pk, at=database_now(), **given)
        return Response(shaped(request, firing_shapes.one(shot.id)), status=accent_of(request).created)
