"""Commands: told, waited for, looked up, cancelled."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from devices.access import command_for, commands_for, node_for
from devices.api.shapes import commands as shapes
from devices.api.telling import TellingView
from devices.models import Command
from devices.services import telling
from rdos.kernel.api.paging import KeysetQuery, paged
from rdos.kernel.api.views import ApiView
from rdos.kernel.waiting import Wait

FILTERS = {"since": "created_at__gte"}


class TellView(TellingView):
    rules = {"POST": "commands.create"}

    @extend_schema(parameters=[shapes.WaitQuery], request=shapes.CommandRequest, responses=shapes.ANSWERS)
    def post(self, request: Request, pk: UUID) -> Response | Wait:
        """Tell a node something and wait for its answer; with `wait=0` the command waits for its node instead."""
        return self.tell(pk, self.body(shapes.CommandRequest)["action"])


class HistoryView(ApiView):
    """What the two histories share."""

    rules = {"GET": "commands.read"}

    def history(self, rows: QuerySet[Command]) -> Response:
        found = rows.filter(**_filters(self.query(shapes.CommandQuery))).select_related("node").defer(*UNSHOWN)
        return paged(self.request, found, noun="commands", shape=self._shape)

    def _shape(self, rows: Any) -> list[dict[str, Any]]:
        return [self.answer(shapes.CommandSerializer, row) for row in shapes.commands_of(rows)]


UNSHOWN = ("sealed", "node__metadata", "node__last_health", "node__labels")


def _filters(query: dict[str, Any]) -> dict[str, Any]:
    return {FILTERS.get(name, name): value for name, value in query.items()}


class CommandsView(HistoryView):
    @extend_schema(parameters=[shapes.CommandQuery, KeysetQuery], responses=shapes.CommandSerializer(many=True))
    def get(self, request: Request) -> Response:
        """What nodes were told, newest first: who, when, and what came back."""
        return self.history(commands_for(self.actor))


class NodeCommandsView(HistoryView):
    @extend_schema(parameters=[shapes.CommandQuery, KeysetQuery], responses=shapes.CommandSerializer(many=True))
    def get(self, request: Request, pk: UUID) -> Response:
        """What this node was told, newest first."""
        return self.history(Command.objects.filter(node=node_for(self.actor, pk, "commands.read")))


class CommandView(ApiView):
    rules = {"GET": "commands.read"}

    @extend_schema(responses=shapes.CommandSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Show a command and what became of it."""
        return self.ok(shapes.CommandSerializer, shapes.command_of(command_for(self.actor, pk)))


class CancelCommandView(ApiView):
    rules = {"POST": "commands.cancel"}

    @extend_schema(request=None, responses=shapes.CommandSerializer)
    def post(self, request: Request, pk: UUID) -> Response:
        """Cancel a command that is not answered yet. What was sent already may still be carried out."""
        command = telling.cancel(actor=self.actor, pk=pk, at=timezone.now())
        return self.ok(shapes.CommandSerializer, shapes.command_of(command))
