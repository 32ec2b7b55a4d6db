"""Runs: listed, looked into, started by the thousand, cancelled, run again, moved in the queue."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import queries
from flows.access import execution_for, executions_for
from flows.api.shapes import executions as shapes
from flows.api.shapes.listing import listing
from flows.models import Execution, LateResult, RunLine, Step
from flows.services import executions, starting, why
from flows.services.executions import BY_USER
from rdos.kernel.api.accents import accent_of
from rdos.kernel.api.keysets import NEWEST, listed
from rdos.kernel.api.serializers import shaped
from rdos.kernel.api.views import ApiView
from rdos.kernel.clock import database_now
from rdos.kernel.errors import InvalidInput

PAGING = ("limit", "cursor")


class ExecutionsView(ApiView):
    rules = {"GET": "executions.read", "POST": "executions.create"}

    @extend_schema(parameters=[shapes.ExecutionQuery], responses=shapes.ExecutionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List runs, newest first."""
        query = self.query(shapes.ExecutionQuery)
        asked = {name: value for name, value in query.items() if name not in PAGING}
        asked["status"] = [asked["status"]] if asked["status"] else None
        found = queries.executions(executions_for(self.actor), **asked)
        rows, shape = listing(request, found)
        return listed(request, rows, order=NEWEST, query=query, noun="executions", shape=shape)

    @extend_schema(request=shapes.EnqueueRequest, responses={201: shapes.EnqueuedSerializer})
    def post(self, request: Request) -> Response:
        """Start a flow once, or once for each of many inputs. The answer says that they are in the queue."""
        sent = self.body(shapes.EnqueueRequest)
        flow_id, keys = sent.pop("flow_id"), sent.pop("dedup_keys", None)
        given = _inputs(sent)
        begun = starting.begin(
            actor=self.actor,
            flow_id=flow_id,
            given=given,
            wish=starting.Wish(**sent),
            dedup_keys=keys,
            at=database_now(),
        )
        row = {"execution_ids": begun.ids, "created": begun.created, "existing": len(begun.ids) - begun.created}
        return Response(shaped(request, row), status=accent_of(request).created)


def _inputs(sent: dict[str, Any]) -> list[Any]:
    one, many = sent.pop("input"), sent.pop("inputs", None)
    if many is not None and one is not None:
        raise InvalidInput(errors={"inputs": ["Either `input` or `inputs`."]})
    return [one] if many is None else many


class DetailView(ApiView):
    """What the views share that answer with a whole run."""

    def shown(self, execution: Execution) -> Response:
        return Response(self.detail(execution))

    def detail(self, execution: Execution) -> dict[str, Any]:
        found = Execution.objects.select_related("version", "dead_letter").get(pk=execution.pk)
        steps = [shaped(self.request, row) for row in _steps(found, 0, shapes.MOST_SHOWN)]
        late = LateResult.objects.filter(execution=found).order_by("id").values(*shapes.LATE_COLUMNS)
        told = [shaped(self.request, row) for row in late[: shapes.MOST_SHOWN]]
        return shaped(self.request, shapes.detail(found, steps, told))


def _steps(execution: Execution, after: int, limit: int) -> list[dict[str, Any]]:
    return queries.after(Step.objects.filter(execution=execution), after, limit, shapes.STEP_COLUMNS)


class ExecutionView(DetailView):
    rules = {"GET": "executions.read", "PATCH": "executions.update"}

    @extend_schema(responses=shapes.ExecutionDetailSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """A run: what it was given, what its steps did, what came of it, and what was said too late."""
        return self.shown(execution_for(self.actor, pk))

    @extend_schema(request=shapes.PriorityRequest, responses=shapes.ExecutionDetailSerializer)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Move a run that waits to another place in the queue."""
        priority = self.body(shapes.PriorityRequest)["priority"]
        return self.shown(executions.change_priority(actor=self.actor, pk=pk, priority=priority))


class CancelView(DetailView):
    rules = {"POST": "executions.cancel"}

    @extend_schema(request=shapes.ReasonRequest, responses=shapes.ExecutionDetailSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End a run for good. One that is over already stays as it is."""
        reason = self.body(shapes.ReasonRequest)["reason"] or BY_USER
        executions.cancel(actor=self.actor, pk=pk, at=database_now(), reason=reason)
        return self.shown(execution_for(self.actor, pk, "executions.cancel"))


class RetryView(DetailView):
    rules = {"POST": "executions.create"}

    @extend_schema(request=None, responses={201: shapes.ExecutionDetailSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Run it again, as a new run of the flow's present version."""
        again = executions.retry(actor=self.actor, pk=pk, at=database_now())
        return Response(self.detail(again), status=accent_of(request).created)


class WhyView(ApiView):
    rules = {"GET": "executions.read"}

    @extend_schema(responses=shapes.WhySerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Why it is not running: what stands between it and each robot."""
        return self.ok(shapes.WhySerializer, why.explain(execution_for(self.actor, pk), database_now()))


class StepsView(ApiView):
    rules = {"GET": "executions.read"}

    @extend_schema(parameters=[shapes.AfterQuery], responses=shapes.StepSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """What the nodes of its graph did, in order. `after` is the id of the last one that you know."""
        execution, query = execution_for(self.actor, pk), self.query(shapes.AfterQuery)
        return Response([shaped(request, row) for row in _steps(execution, query["after"], query["limit"])])


class LinesView(ApiView):
    rules = {"GET": "executions.read"}

    @extend_schema(parameters=[shapes.AfterQuery], responses=shapes.LineSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """What it wrote, in order. `after` is the id of the last line that you know."""
        lines, query = RunLine.objects.filter(execution=execution_for(self.actor, pk)), self.query(shapes.AfterQuery)
        rows = queries.after(lines, query["after"], query["limit"], shapes.LINE_COLUMNS)
        return Response([shaped(request, row) for row in rows])
