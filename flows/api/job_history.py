"""Jobs as Casare's people see them: listed, cancelled, tried again."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import queries
from flows.access import executions_for
from flows.api.counting import CountedView
from flows.api.shapes import jobs as shapes
from flows.api.shapes import words
from flows.services import executions
from rdos.kernel.clock import database_now


class JobsView(CountedView):
    rules = {"GET": "executions.read"}

    @extend_schema(parameters=[shapes.JobQuery], responses=shapes.JobsSerializer)
    def get(self, request: Request) -> Response:
        """List jobs, newest first. A status that nobody knows has none."""
        query = self.query(shapes.JobQuery)
        status = words.states_of(query["status"], words.QUEUE, words.DASHBOARD) if query["status"] else None
        found = queries.executions(
            executions_for(self.actor),
            status=status,
            flow_id=query["workflow_id"],
            robot=query["robot_id"],
            environment=query["environment"],
        )
        first, last = query["offset"], query["offset"] + query["limit"]
        told = queries.with_small(found, input="input", result="result").order_by("-created_at", "-id")
        rows = told.values(*shapes.JOB_COLUMNS, "small_input", "small_result")[first:last]
        return Response({"jobs": [shapes.job_row(row) for row in rows], "total": queries.about(found)})


class CancelJobView(CountedView):
    rules = {"POST": "executions.cancel"}
    per_minute = {"POST": 60}

    @extend_schema(request=None, responses=shapes.CancelledSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """End a job for good. One that is over already stays as it is."""
        before, cancelled = executions.cancel(actor=self.actor, pk=pk, at=database_now())
        word = words.QUEUE[before]
        message = "Job cancelled" if cancelled else f"Job is already {word}"
        return Response({"job_id": pk, "cancelled": cancelled, "previous_status": word, "message": message})


class RetryJobView(CountedView):
    rules = {"POST": "executions.create"}
    per_minute = {"POST": 30}

    @extend_schema(request=None, responses=shapes.RetriedSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Run a job that failed, was cancelled or took too long again, as a new job."""
        again = executions.retry(actor=self.actor, pk=pk, at=database_now())
        told = {"original_job_id": pk, "new_job_id": again.pk, "job_id": again.pk, "message": "Job queued for retry"}
        return Response(told)
