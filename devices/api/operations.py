"""Operations: one action told to many nodes, and what each of them said."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import commands_for, operation_for, operations_for
from devices.api.shapes import commands as command_shapes
from devices.api.shapes import operations as shapes
from devices.models import Operation
from devices.services import operations
from devices.services.operations import Target
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView


class OperationAnswers(ApiView):
    """What the views of operations share."""

    def accepted(self, operation: Operation) -> Response:
        return Response(self.detail(operation), status=202)

    def detail(self, operation: Operation) -> dict[str, Any]:
        skipped = operations.skipped_of(self.actor, operation)
        row = shapes.operation_of(operation, operations.counts(self.actor, [operation])[operation.pk], skipped)
        return self.answer(shapes.OperationDetailSerializer, row | {"skipped": skipped})


class OperationsView(OperationAnswers):
    rules = {"GET": "commands.read", "POST": "commands.create"}

    @extend_schema(parameters=[KeysetQuery], responses=shapes.OperationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List operations, newest first."""
        return paged(request, operations_for(self.actor), noun="operations", shape=self._shape)

    def _shape(self, rows: Sequence[Operation]) -> list[dict[str, Any]]:
        counts = operations.counts(self.actor, rows)
        shown = [shapes.operation_of(row, counts[row.pk], operations.skipped_of(self.actor, row)) for row in rows]
        return [self.answer(shapes.OperationSerializer, row) for row in shown]

    @extend_schema(request=shapes.OperationRequest, responses={202: shapes.OperationDetailSerializer})
    def post(self, request: Request) -> Response:
        """Tell many nodes the same: those named, a group, or all with these labels. Who is not told is listed."""
        data = self.body(shapes.OperationRequest)
        operation = operations.create(
            actor=self.actor,
            action=data["action"],
            target=Target(data.get("node_ids"), data.get("group_id"), data.get("labels")),
            ttl=timedelta(seconds=data["ttl"]),
            title=data["title"],
            at=timezone.now(),
        )
        return self.accepted(operation)


class OperationView(OperationAnswers):
    rules = {"GET": "commands.read"}

    @extend_schema(responses=shapes.OperationDetailSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """How far an operation is, and which nodes were passed by."""
        return Response(self.detail(operation_for(self.actor, pk)))


class OperationCommandsView(ApiView):
    rules = {"GET": "commands.read"}

    @extend_schema(
        parameters=[shapes.OperationCommandQuery, KeysetQuery],
        responses=command_shapes.CommandSerializer(many=True),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """What each node of an operation said."""
        query = self.query(shapes.OperationCommandQuery)
        found = commands_for(self.actor).filter(operation=operation_for(self.actor, pk), **query)
        return paged(request, found.select_related("node").defer("sealed"), noun="commands", shape=self._shape)

    def _shape(self, rows: Any) -> list[dict[str, Any]]:
        return [self.answer(command_shapes.CommandSerializer, row) for row in command_shapes.commands_of(rows)]


class RetryOperationView(OperationAnswers):
    rules = {"POST": "commands.create"}

    @extend_schema(request=shapes.RetryRequest, responses={202: shapes.OperationDetailSerializer})
    def post(self, request: Request, pk: UUID) -> Response:
        """Tell those nodes again that refused, did not answer in time or were cancelled. Once for each operation."""
        ttl = timedelta(seconds=self.body(shapes.RetryRequest)["ttl"])
        return self.accepted(operations.retry(actor=self.actor, pk=pk, ttl=ttl, at=timezone.now()))


class CancelOperationView(OperationAnswers):
    rules = {"POST": "commands.cancel"}

    @extend_schema(request=None, responses=shapes.OperationDetailSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel what is still under way."""
        return Response(self.detail(operations.cancel(actor=self.actor, pk=pk, at=timezone.now())))
