"""The runs of one flow: listed, shown, started, summed up."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import queries
from flows.access import execution_of, flow_for
from flows.api.shapes import flow_executions as shapes
from flows.api.shapes import words
from flows.models import Execution
from flows.services import starting
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import NEWEST, listed
from rdos.kernel.api.paths import uuid_of
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now

FLOW_ID = OpenApiParameter("flow_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
ID = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class OfFlowView(ApiView):
    """What the views of one flow's runs share."""

    def runs_of(self, flow_id: str) -> QuerySet[Execution]:
        flow = flow_for(self.actor, uuid_of(flow_id, "flow_id"), "executions.read")
        return Execution.objects.filter(flow=flow)


class FlowExecutionsView(OfFlowView):
    rules = {"GET": "executions.read"}

    @extend_schema(
        parameters=[FLOW_ID, shapes.FlowExecutionQuery], responses=shapes.ExecutionSummarySerializer(many=True)
    )
    def get(self, request: Request, flow_id: str) -> Response:
        """List the runs of a flow, newest first."""
        query, runs = self.query(shapes.FlowExecutionQuery), self.runs_of(flow_id)
        word = query.get("status_filter")
        found = queries.executions(runs, status=words.states_of(word, words.BLOXSERVER)) if word else runs
        return listed(
            request,
            found.values(*shapes.SUMMARY),
            order=NEWEST,
            query=query,
            noun="executions",
            shape=lambda rows: [shaped(request, shapes.summary(row)) for row in rows],
            size=shapes.PAGE_SIZE,
        )


class FlowExecutionView(OfFlowView):
    rules = {"GET": "executions.read"}

    @extend_schema(parameters=[FLOW_ID, ID], responses=shapes.FlowExecutionSerializer)
    def get(self, request: Request, flow_id: str, pk: str) -> Response:
        """Show a run of a flow."""
        execution = execution_of(self.runs_of(flow_id), uuid_of(pk, "execution_id"))
        return Response(shaped(request, shapes.whole(execution)))


class RunFlowView(OfFlowView):
    rules = {"POST": "executions.create"}

    @extend_schema(
        parameters=[FLOW_ID, shapes.RunQuery],
        request=shapes.RunRequest,
        responses={201: shapes.FlowExecutionSerializer},
    )
    def post(self, request: Request, flow_id: str) -> Response:
        """Run a flow now. The payload may come in the query or in the body."""
        pk, given = uuid_of(flow_id, "flow_id"), self._given()
        execution = starting.run(actor=self.actor, flow_id=pk, given=given, at=database_now())
        return Response(shaped(request, shapes.whole(execution)), status=accent_of(request).created)

    def _given(self) -> Any:
        asked = self.query(shapes.RunQuery)["input_payload"]
        return self.body(shapes.RunRequest).get("input_payload") if asked is None else asked


class FlowStatsView(OfFlowView):
    rules = {"GET": "executions.read"}

    @extend_schema(parameters=[FLOW_ID], responses=shapes.FlowStatsSerializer)
    def get(self, request: Request, flow_id: str) -> Response:
        """How often a flow ran, how often well, and how long on average. Of more than 10,000 runs it is an estimate."""
        runs = self.runs_of(flow_id)
        return Response(shaped(request, shapes.stats(queries.statistics(runs), uuid_of(flow_id, "flow_id"))))
