"""Dead letters: what failed for good, listed, run again, thrown away."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flows import queries
from flows.access import dead_letter_for, dead_letters_for
from flows.api.counting import CountedView
from flows.api.shapes import dead_letters as shapes
from flows.models import DeadLetter
from flows.services import dead_letters
from rdos.kernel.clock import database_now


class LettersView(CountedView):
    rules = {"GET": "executions.read"}
    per_minute = {"GET": 60}

    @extend_schema(operation_id="dlq_list", parameters=[shapes.LetterQuery], responses=shapes.LettersSerializer)
    def get(self, request: Request) -> Response:
        """List what failed for good, newest first."""
        query = self.query(shapes.LetterQuery)
        found = _of(dead_letters_for(self.actor), query["workflow_id"])
        waiting = found.filter(reprocessed_at=None)
        listed = waiting if query["pending_only"] else found
        first, last = query["offset"], query["offset"] + query["limit"]
        rows = _shown(listed).order_by("-created_at", "-id")[first:last]
        told: dict[str, Any] = {"entries": [shapes.letter_row(row) for row in rows]}
        counts = {"total": queries.about(listed), "pending": queries.about(waiting)}
        return Response(told | counts | {"limit": query["limit"], "offset": first})


class LetterCountsView(CountedView):
    rules = {"GET": "executions.read"}
    per_minute = {"GET": 60}

    @extend_schema(parameters=[shapes.LetterCountQuery], responses=shapes.LetterCountsSerializer)
    def get(self, request: Request) -> Response:
        """How many there are, and how many of them wait."""
        flow_id = self.query(shapes.LetterCountQuery)["workflow_id"]
        counts = queries.dead_letter_counts(_of(dead_letters_for(self.actor), flow_id))
        return Response(counts | {"workflow_id": flow_id})


class LetterView(CountedView):
    rules = {"GET": "executions.read", "DELETE": "executions.delete"}
    per_minute = {"GET": 60, "DELETE": 60}

    @extend_schema(responses=shapes.LetterSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show what failed for good."""
        letter = dead_letter_for(self.actor, pk)
        return Response(shapes.letter_row(_shown(DeadLetter.objects.filter(pk=letter.pk)).get()))

    @extend_schema(responses={200: shapes.LetterDeletedSerializer})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Throw it away. The run stays in the history."""
        dead_letters.delete(actor=self.actor, pk=pk)
        return Response({"dlq_entry_id": pk, "deleted": True, "message": "DLQ entry deleted"})


class RetryLetterView(CountedView):
    rules = {"POST": "executions.create"}
    per_minute = {"POST": 60}

    @extend_schema(parameters=[shapes.ReprocessQuery], request=None, responses=shapes.ReprocessedSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Run it again as a new job, once."""
        said_by = self.query(shapes.ReprocessQuery)["reprocessed_by"]
        again = dead_letters.retry(actor=self.actor, pk=pk, at=database_now(), said_by=said_by)
        return Response({"dlq_entry_id": pk, "new_job_id": again.pk, "message": "DLQ entry queued for retry"})


class RetryLettersView(CountedView):
    rules = {"POST": "executions.create"}
    per_minute = {"POST": 30}

    @extend_schema(
        operation_id="dlq_retry_many", request=shapes.RetryManyRequest, responses=shapes.RetriedManySerializer
    )
    def post(self, request: Request) -> Response:
        """Run many again: those named, those of a workflow, or all that wait; at most 1,000 in one call."""
        asked = self.body(shapes.RetryManyRequest)
        done = dead_letters.retry_many(
            actor=self.actor, ids=asked.get("ids"), flow_id=asked.get("workflow_id"), at=database_now()
        )
        retried = sum(one.new_id is not None for one in done)
        results = [shapes.retried_row(one) for one in done]
        return Response({"retried": retried, "failed": len(done) - retried, "results": results})


class PurgeLettersView(CountedView):
    rules = {"POST": "executions.delete"}
    per_minute = {"POST": 30}

    @extend_schema(parameters=[shapes.PurgeQuery], request=None, responses=shapes.PurgedSerializer)
    def post(self, request: Request) -> Response:
        """Throw away what was run again and is older than so many days."""
        days = self.query(shapes.PurgeQuery)["older_than_days"]
        count = dead_letters.purge(actor=self.actor, older_than=timedelta(days=days), at=database_now())
        return Response(
            {"purged_count": count, "older_than_days": days, "message": f"Purged {count} reprocessed DLQ entries"}
        )


def _of(letters: QuerySet[DeadLetter], flow_id: UUID | None) -> QuerySet[DeadLetter]:
    return letters if flow_id is None else letters.filter(flow_id=flow_id)


def _shown(letters: QuerySet[DeadLetter]) -> QuerySet[DeadLetter, dict[str, Any]]:
    return queries.with_small(letters, input="execution__input").values(*shapes.COLUMNS, "small_input")
